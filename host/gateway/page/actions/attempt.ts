/** Tries things for a person: what fails becomes a notice that says what and why, for a while. */
import { RequestError } from "../link.ts";
import type { Store } from "../state/store.ts";

const NOTICE_MS = 8_000;

export interface Attempts {
  /** Null if it failed; the person knows then. */
  attempt<Value>(what: string, work: () => Promise<Value>): Promise<Value | null>;
}

export function createAttempts(store: Store): Attempts {
  let lastNotice = 0;

  function notify(text: string): void {
    lastNotice += 1;
    const id = lastNotice;
    store.dispatch({ type: "notice", id, text });
    setTimeout(() => store.dispatch({ type: "notice-gone", id }), NOTICE_MS);
  }

  return {
    async attempt(what, work) {
      try {
        return await work();
      } catch (error) {
        notify(`${what}: ${reasonOf(error)}`);
        return null;
      }
    },
  };
}

export function reasonOf(error: unknown): string {
  if (error instanceof RequestError && error.fix !== null) return `${error.message}. ${error.fix}`;
  return error instanceof Error ? error.message : String(error);
}
