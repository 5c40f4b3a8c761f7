/** HTML standard, sections 8.6 and 8.7: timers and microtasks; 8.1.4: reporting errors. */
import { is, ok, same, throws, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const soon = (ms = 15) => new Promise((resolve) => setTimeout(resolve, ms));

test("a timer gives a number above zero, another each time", () => {
  const [first, second] = [setTimeout(() => {}, 0), setTimeout(() => {}, 0)].map(Number);
  ok((first ?? 0) > 0 && second !== first);
});

test("timers fire by time, and in order where times are equal", async () => {
  const order: number[] = [];
  setTimeout(() => order.push(3), 200);
  setTimeout(() => order.push(1), 2);
  setTimeout(() => order.push(2), 2);
  await soon(300);
  same(order, [1, 2, 3]);
});

test("arguments are passed on, and this is the global object", async () => {
  const seen = await new Promise<unknown[]>((resolve) => {
    setTimeout(
      function (this: unknown, ...args: unknown[]) {
        resolve([this === globalThis, ...args]);
      },
      1,
      "a",
      2,
    );
  });
  same(seen, [true, "a", 2]);
});

test("delays are numbers of 32 bits: negative, missing or no numbers are at once", async () => {
  const fired: string[] = [];
  setTimeout(() => fired.push("negative"), -100);
  setTimeout(() => fired.push("missing"));
  setTimeout(() => fired.push("nothing"), untyped("text"));
  setTimeout(() => fired.push("wraps"), 2 ** 32);
  setTimeout(() => fired.push("sign"), 2 ** 31);
  setTimeout(() => fired.push("infinite"), Number.POSITIVE_INFINITY);
  setTimeout(() => fired.push("text"), untyped("1"));
  await soon(30);
  is(fired.length, 7);
});

test("clearing takes a timer away, by either name, and takes anything", async () => {
  const fired: number[] = [];
  const timeout = setTimeout(() => fired.push(1), 1);
  const interval = setInterval(() => fired.push(2), 1);
  clearInterval(timeout);
  clearTimeout(interval);
  clearTimeout(untyped(undefined));
  clearTimeout(untyped("nonsense"));
  clearTimeout(-1);
  clearTimeout(untyped(null));
  await soon();
  same(fired, []);
});

test("an interval repeats until it is cleared, also from within", async () => {
  let count = 0;
  await new Promise<void>((resolve) => {
    const interval = setInterval(() => {
      count += 1;
      if (count < 3) return;
      clearInterval(interval);
      resolve();
    }, 1);
  });
  await soon();
  is(count, 3);
});

test("microtasks come before the next timer", async () => {
  const order: string[] = [];
  setTimeout(() => order.push("timer"), 0);
  queueMicrotask(() => order.push("microtask"));
  void Promise.resolve().then(() => order.push("promise"));
  order.push("now");
  await soon();
  same(order, ["now", "microtask", "promise", "timer"]);
});

test("a text is no callback", () => {
  throws(TypeError, () => setTimeout(untyped("1 + 1"), 0));
  throws(TypeError, () => setInterval(untyped(undefined), 0));
  throws(TypeError, () => Reflect.apply(setTimeout, globalThis, []));
});

test("queueMicrotask wants a function", () => {
  for (const value of [undefined, null, "text", {}, 1])
    throws(TypeError, () => queueMicrotask(untyped(value)));
  throws(TypeError, () => Reflect.apply(queueMicrotask, globalThis, []));
});

async function errorsWhile(act: () => void): Promise<ErrorEvent[]> {
  const heard: ErrorEvent[] = [];
  const listener = (event: Event) => {
    heard.push(event as ErrorEvent);
    event.preventDefault();
  };
  globalThis.addEventListener("error", listener);
  act();
  await soon();
  globalThis.removeEventListener("error", listener);
  return heard;
}

test("an error in a timer, a microtask or reportError is an error event", async () => {
  const [first, second, third] = [new Error("timer"), new TypeError("microtask"), { no: "error" }];
  const heard = await errorsWhile(() => {
    setTimeout(() => {
      throw first;
    }, 0);
    queueMicrotask(() => {
      throw second;
    });
    reportError(third);
  });
  same(new Set(heard.map(({ error }) => error as unknown)), new Set([third, second, first]));
  ok(heard.every((event) => event instanceof ErrorEvent && event.cancelable && event.isTrusted));
  ok(heard.some(({ message }) => message.includes("microtask")));
});

test("reportError takes any value, and wants one", async () => {
  const heard = await errorsWhile(() => {
    for (const value of [undefined, null, 1, "text"]) reportError(value);
  });
  same(
    heard.map(({ error }) => error as unknown),
    [undefined, null, 1, "text"],
  );
  throws(TypeError, () => Reflect.apply(reportError, globalThis, []));
});

test("onerror gets message, place and error", async () => {
  const error = new Error("for onerror");
  const seen = await new Promise<unknown[]>((resolve) => {
    globalThis.onerror = (...args: unknown[]) => {
      resolve(args);
      return true;
    };
    reportError(error);
  });
  globalThis.onerror = null;
  same([seen.length, String(seen[0]).includes("for onerror"), seen[4] === error], [5, true, true]);
});

test("a rejection that nobody handles is an event", async () => {
  ok(globalThis instanceof EventTarget, "that the global object is an EventTarget");
  const heard = await new Promise<PromiseRejectionEvent>((resolve) => {
    globalThis.onunhandledrejection = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      resolve(event);
    };
    void Promise.reject(new RangeError("nobody"));
  });
  globalThis.onunhandledrejection = null;
  ok(heard instanceof PromiseRejectionEvent && heard.promise instanceof Promise);
  same(
    [(heard.reason as Error).message, heard.reason instanceof RangeError, heard.type],
    ["nobody", true, "unhandledrejection"],
  );
});

test("a rejection that was handled meanwhile is none", async () => {
  let heard = 0;
  globalThis.onunhandledrejection = () => {
    heard += 1;
  };
  const promise = Promise.reject(new Error("handled"));
  await Promise.resolve();
  promise.catch(() => {});
  await soon();
  globalThis.onunhandledrejection = null;
  is(heard, 0);
});

test("the event carries the very promise and reason", async () => {
  ok(globalThis instanceof EventTarget, "that the global object is an EventTarget");
  const reason = { mine: true };
  let promise: Promise<never> | null = null;
  const heard = await new Promise<PromiseRejectionEvent>((resolve) => {
    globalThis.onunhandledrejection = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      resolve(event);
    };
    promise = Promise.reject(reason);
  });
  globalThis.onunhandledrejection = null;
  same([heard.promise === promise, heard.reason === reason], [true, true]);
});

test("performance counts from its origin and does not go back", async () => {
  const first = performance.now();
  await soon(10);
  const second = performance.now();
  ok(second - first >= 9 && second - first < 5_000);
  ok(Math.abs(performance.timeOrigin + second - Date.now()) < 1_000);
  is((performance.toJSON() as { timeOrigin: number }).timeOrigin, performance.timeOrigin);
  ok(performance instanceof EventTarget);
});

test("navigator names the runtime by one token", () => {
  ok(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)?$/.test(navigator.userAgent));
  is(Object.prototype.toString.call(navigator), "[object Navigator]");
});

test("the global object is an EventTarget and is its own self", () => {
  ok(globalThis instanceof EventTarget);
  is(Reflect.get(globalThis, "self"), globalThis);
  let heard: unknown;
  addEventListener(
    "own",
    (event) => {
      heard = event.target;
    },
    { once: true },
  );
  dispatchEvent(new Event("own"));
  is(heard, globalThis);
});
