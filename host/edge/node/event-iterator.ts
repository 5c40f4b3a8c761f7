/** `events.on`: events as an async iterator. Those that come before they are asked for wait in order. */
import { abortError } from "./abort-error.ts";

type Listener = (...args: unknown[]) => void;
type Listen = (listener: Listener) => () => void;

interface Options {
  readonly signal?: AbortSignal;
  readonly onError: Listen;
}

export function iterateEvents(
  listen: Listen,
  { signal, onError }: Options,
): AsyncIterableIterator<unknown[]> {
  if (signal?.aborted === true) throw abortError(signal);
  const events: unknown[][] = [];
  const readers: PromiseWithResolvers<IteratorResult<unknown[]>>[] = [];
  let failure: { readonly reason: unknown } | null = null;
  let ended = false;

  const stop = () => {
    for (const end of listening) end();
    ended = true;
    for (const reader of readers.splice(0)) reader.resolve({ value: undefined, done: true });
  };
  const fail = (reason: unknown) => {
    const reader = readers.shift();
    if (reader === undefined) failure = { reason };
    else reader.reject(reason);
    stop();
  };
  const onAbort = () => fail(abortError(signal as AbortSignal));
  const listening = [
    listen((...args) => {
      const reader = readers.shift();
      if (reader === undefined) events.push(args);
      else reader.resolve({ value: args, done: false });
    }),
    onError(fail),
    () => signal?.removeEventListener("abort", onAbort),
  ];
  signal?.addEventListener("abort", onAbort, { once: true });

  return {
    next() {
      const event = events.shift();
      if (event !== undefined) return Promise.resolve({ value: event, done: false });
      if (failure !== null) {
        const { reason } = failure;
        failure = null;
        return Promise.reject(reason);
      }
      if (ended) return Promise.resolve({ value: undefined, done: true });
      const reader = Promise.withResolvers<IteratorResult<unknown[]>>();
      readers.push(reader);
      return reader.promise;
    },
    return() {
      stop();
      return Promise.resolve({ value: undefined, done: true });
    },
    throw(reason) {
      fail(reason);
      return Promise.resolve({ value: undefined, done: true });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
