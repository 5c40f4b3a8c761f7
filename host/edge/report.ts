/**
 * Errors that no code waits for (HTML standard, "report an exception"): first an `error` event at the global object,
 * and if nobody cancels it, a line on the plugin's console.
 */

type Reporter = (thrown: unknown) => void;
let reporter: Reporter = () => {};

/** Set once by `global-events.ts`, which stands on the event classes and they on this. */
export function useReporter(next: Reporter): void {
  reporter = next;
}

export function reportException(thrown: unknown): void {
  reporter(thrown);
}
