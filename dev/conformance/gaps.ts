/**
 * Where an API of the runtime is there and does less than its standard says, and what is left out on purpose. Each gap has
 * a look at itself that runs inside an isolate: once it is closed, the table can no longer be written with it.
 */

export interface Gap {
  /** The row of the table. */
  readonly api: string;
  readonly missing: string;
  /** True while the gap is there. */
  readonly isThere: () => boolean | Promise<boolean>;
}

const throwsAt = (run: () => unknown): boolean => {
  try {
    run();
    return false;
  } catch {
    return true;
  }
};
const isAbsent = (name: string) => !(name in globalThis);
const reach = (name: string): unknown => Reflect.get(globalThis, name);

export const GAPS: readonly Gap[] = [
  {
    api: "PromiseRejectionEvent",
    missing:
      "`unhandledrejection` is fired with a copy of the error and a promise of its own: V8 tells too late to name them",
    isThere: () =>
      new Promise((resolve) => {
        const reason = { own: true };
        const listener = (event: Event) => {
          event.preventDefault();
          globalThis.removeEventListener("unhandledrejection", listener);
          resolve((event as Event & { readonly reason?: unknown }).reason !== reason);
        };
        globalThis.addEventListener("unhandledrejection", listener);
        void Promise.reject(reason);
      }),
  },
  {
    api: "onrejectionhandled",
    missing: "the event is never fired: V8 does not tell",
    isThere: () =>
      new Promise((resolve) => {
        globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault(), { once: true });
        globalThis.addEventListener("rejectionhandled", () => resolve(false), { once: true });
        const promise = Promise.reject(new Error("late"));
        setTimeout(() => void promise.catch(() => {}), 5);
        setTimeout(() => resolve(true), 30);
      }),
  },
  {
    api: "Headers",
    missing:
      'no name is forbidden to a request, also with `mode: "no-cors"`: there is no page to protect from it; control characters in a value are refused when it is sent',
    isThere: () =>
      new Request("https://a.example/", { mode: "no-cors", headers: { cookie: "a=1" } }).headers.has(
        "cookie",
      ),
  },
  {
    api: "setTimeout",
    missing: "a text in the callback's place is refused: it would be code",
    isThere: () => throwsAt(() => (reach("setTimeout") as (code: string) => void)("0")),
  },
  {
    api: "setInterval",
    missing: "a text in the callback's place is refused: it would be code",
    isThere: () => throwsAt(() => (reach("setInterval") as (code: string) => void)("0")),
  },
  {
    api: "fetch",
    missing:
      'there is no origin, cookie jar or cache, so `mode`, `credentials` and `cache` have no effect; `redirect: "manual"` gives the redirect itself; what the broker refuses is a TypeError with `code` and `fix`',
    isThere: () => isAbsent("origin") && isAbsent("caches"),
  },
  {
    api: "structuredClone",
    missing: "a Proxy is cloned as what it shows, not refused: a program cannot tell",
    isThere: () => !throwsAt(() => structuredClone(new Proxy({}, {}))),
  },
  {
    api: "WebSocket",
    missing: "messages are not compressed, so `extensions` is empty; it ends with the call that opened it",
    isThere: () => true,
  },
];

/** Not in the minimum, known from elsewhere, and not there. */
export const ABSENT: Readonly<Record<string, string>> = {
  BroadcastChannel: "not in the minimum; isolates do not speak to each other",
  EventSource: "not in the minimum; read the stream of a `fetch`",
  SharedArrayBuffer: "it would share memory and time between isolates",
  Worker: "an isolate is one thread",
  XMLHttpRequest: "not in the minimum; use `fetch`",
  caches: "not in the minimum; use `ctx.storage`",
  indexedDB: "not in the minimum; use `ctx.storage`",
  localStorage: "not in the minimum; use `ctx.storage`",
};
