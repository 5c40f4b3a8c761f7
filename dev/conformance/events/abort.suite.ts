/** DOM standard, section 3: aborting. */
import { is, ok, rejectsDom, same, throws, throwsExactly, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

test("a controller has one signal, which has not fired", () => {
  const controller = new AbortController();
  is(controller.signal, controller.signal);
  same([controller.signal.aborted, controller.signal.reason], [false, undefined]);
  controller.signal.throwIfAborted();
});

test("abort gives an AbortError by default, or the reason that was given", () => {
  const plain = new AbortController();
  plain.abort();
  ok(plain.signal.reason instanceof DOMException);
  is(plain.signal.reason.name, "AbortError");
  for (const reason of ["text", null, 0, false, ""]) {
    const controller = new AbortController();
    controller.abort(reason);
    is(controller.signal.reason, reason);
    throwsExactly(reason, () => controller.signal.throwIfAborted());
  }
});

test("abort fires once, trusted, and keeps its first reason", () => {
  const controller = new AbortController();
  const heard: Event[] = [];
  controller.signal.addEventListener("abort", (event) => heard.push(event));
  controller.abort(1);
  controller.abort(2);
  same([heard.length, controller.signal.reason, heard[0]?.isTrusted], [1, 1, true]);
  same([heard[0]?.type, heard[0]?.target === controller.signal, heard[0]?.bubbles], ["abort", true, false]);
});

test("onabort is a handler in its place among the listeners", () => {
  const { signal } = new AbortController();
  same([signal.onabort], [null]);
  const controller = new AbortController();
  const order: number[] = [];
  controller.signal.addEventListener("abort", () => order.push(1));
  controller.signal.onabort = () => order.push(9);
  controller.signal.addEventListener("abort", () => order.push(3));
  controller.signal.onabort = () => order.push(2);
  controller.abort();
  same(order, [1, 2, 3]);
  controller.signal.onabort = untyped("text");
  is(controller.signal.onabort, null);
});

test("AbortSignal.abort has fired already and tells nobody", () => {
  const signal = AbortSignal.abort("r");
  same([signal.aborted, signal.reason], [true, "r"]);
  is((AbortSignal.abort().reason as DOMException).name, "AbortError");
});

test("AbortSignal.timeout fires with a TimeoutError", async () => {
  const signal = AbortSignal.timeout(1);
  is(signal.aborted, false);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  same([signal.aborted, (signal.reason as DOMException).name], [true, "TimeoutError"]);
});

test("AbortSignal.timeout refuses what is no length of time", () => {
  throws(TypeError, () => AbortSignal.timeout(-1));
  throws(TypeError, () => AbortSignal.timeout(Number.NaN));
  throws(TypeError, () => AbortSignal.timeout(Number.POSITIVE_INFINITY));
  throws(TypeError, () => AbortSignal.timeout(untyped("text")));
  throws(TypeError, () => Reflect.apply(AbortSignal.timeout, AbortSignal, []));
});

test("AbortSignal.any of none never fires", () => {
  is(AbortSignal.any([]).aborted, false);
});

test("AbortSignal.any has fired if one had, with the first one's reason", () => {
  const signal = AbortSignal.any([
    new AbortController().signal,
    AbortSignal.abort("a"),
    AbortSignal.abort("b"),
  ]);
  same([signal.aborted, signal.reason], [true, "a"]);
});

test("AbortSignal.any follows its sources, through others of its kind", () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const inner = AbortSignal.any([first.signal]);
  const outer = AbortSignal.any([inner, second.signal]);
  const heard: string[] = [];
  outer.addEventListener("abort", () => heard.push("outer"));
  inner.addEventListener("abort", () => heard.push("inner"));
  first.signal.addEventListener("abort", () => heard.push("source"));
  first.abort("why");
  same([outer.reason, heard], ["why", ["source", "inner", "outer"]]);
});

test("AbortSignal.any is marked before a listener of its source runs", () => {
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal]);
  let seen: unknown[] = [];
  controller.signal.addEventListener("abort", () => {
    seen = [signal.aborted, signal.reason === controller.signal.reason];
  });
  controller.abort();
  same(seen, [true, true]);
});

test("AbortSignal.any takes a sequence of signals and nothing else", () => {
  throws(TypeError, () => AbortSignal.any(untyped([{}])));
  throws(TypeError, () => AbortSignal.any(untyped(undefined)));
  throws(TypeError, () => AbortSignal.any(untyped([null])));
});

test("the same source twice fires once", () => {
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal, controller.signal]);
  let count = 0;
  signal.addEventListener("abort", () => {
    count += 1;
  });
  controller.abort();
  is(count, 1);
});

test("a signal stops a pipe", async () => {
  const controller = new AbortController();
  const readable = new ReadableStream({ pull: () => new Promise(() => {}) });
  const piped = readable.pipeTo(new WritableStream(), { signal: controller.signal });
  controller.abort();
  await rejectsDom("AbortError", piped);
});
