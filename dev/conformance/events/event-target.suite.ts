/** DOM standard, sections 2.2 to 2.9: events, targets, dispatch. */
import { is, ok, same, throws, throwsDom, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

test("an event has its type and flags, and no target yet", () => {
  const event = new Event("a", { bubbles: true, cancelable: true, composed: true });
  same([event.type, event.bubbles, event.cancelable, event.composed], ["a", true, true, true]);
  same([event.target, event.currentTarget, event.eventPhase, event.isTrusted], [null, null, 0, false]);
  same([event.defaultPrevented, event.returnValue, event.cancelBubble], [false, true, false]);
});

test("the type is required and becomes a string", () => {
  throws(TypeError, () => new Event(...(untyped([]) as [string])));
  is(new Event(untyped(null)).type, "null");
  is(new Event(untyped(undefined)).type, "undefined");
  throws(TypeError, () => new Event(untyped(Symbol("a"))));
});

test("options that are no object are refused, null and undefined are none", () => {
  throws(TypeError, () => new Event("a", untyped("b")));
  throws(TypeError, () => new Event("a", untyped(1)));
  is(new Event("a", untyped(null)).bubbles, false);
});

test("isTrusted is on each event itself and cannot be changed", () => {
  const one = Object.getOwnPropertyDescriptor(new Event("a"), "isTrusted");
  const other = Object.getOwnPropertyDescriptor(new Event("b"), "isTrusted");
  ok(one?.get);
  is(one?.get, other?.get);
  same([one?.set, one?.enumerable, one?.configurable], [undefined, true, false]);
});

test("phases are constants of the class and its prototype", () => {
  same([Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, Event.BUBBLING_PHASE], [0, 1, 2, 3]);
  is(Event.prototype.AT_TARGET, 2);
  const property = Object.getOwnPropertyDescriptor(Event, "NONE");
  same([property?.writable, property?.enumerable, property?.configurable], [false, true, false]);
});

test("timeStamp is a time that does not go back", () => {
  const first = new Event("a").timeStamp;
  const second = new Event("a").timeStamp;
  same([typeof first, second >= first], ["number", true]);
});

test("initEvent changes an event that is not being dispatched", () => {
  const event = new Event("a");
  event.initEvent("b", true, true);
  same([event.type, event.bubbles, event.cancelable], ["b", true, true]);
  event.preventDefault();
  event.initEvent("c");
  same([event.type, event.bubbles, event.defaultPrevented], ["c", false, false]);
  throws(TypeError, () => Reflect.apply(event.initEvent, event, []));
});

test("initEvent does nothing while the event is dispatched", () => {
  const target = new EventTarget();
  target.addEventListener("a", (event) => event.initEvent("b", true, true));
  const event = new Event("a");
  target.dispatchEvent(event);
  same([event.type, event.bubbles], ["a", false]);
});

test("preventDefault and returnValue cancel only what can be cancelled", () => {
  const can = new Event("a", { cancelable: true });
  const cannot = new Event("a");
  can.preventDefault();
  cannot.preventDefault();
  same([can.defaultPrevented, can.returnValue, cannot.defaultPrevented], [true, false, false]);
  can.returnValue = true;
  is(can.defaultPrevented, true);
  const by = new Event("a", { cancelable: true });
  by.returnValue = false;
  is(by.defaultPrevented, true);
});

test("cancelBubble stops propagation and cannot take it back", () => {
  const event = new Event("a");
  event.cancelBubble = true;
  event.cancelBubble = false;
  is(event.cancelBubble, true);
  const other = new Event("a");
  other.stopPropagation();
  is(other.cancelBubble, true);
});

test("within a listener the event knows target, phase and path; afterwards only the target", () => {
  const target = new EventTarget();
  let seen: unknown[] = [];
  const event = new Event("a");
  target.addEventListener("a", function (this: unknown, heard) {
    seen = [this === target, heard === event, heard.target === target, heard.currentTarget === target];
    seen.push(heard.eventPhase, heard.composedPath().length, heard.composedPath()[0] === target);
  });
  is(target.dispatchEvent(event), true);
  same(seen, [true, true, true, true, 2, 1, true]);
  same([event.target === target, event.currentTarget, event.eventPhase], [true, null, 0]);
  same(event.composedPath(), []);
});

test("dispatchEvent answers whether the default stays", () => {
  const target = new EventTarget();
  target.addEventListener("a", (event) => event.preventDefault());
  is(target.dispatchEvent(new Event("a", { cancelable: true })), false);
  is(target.dispatchEvent(new Event("a")), true);
});

test("dispatchEvent refuses what is no event, and one that is under way", () => {
  const target = new EventTarget();
  throws(TypeError, () => target.dispatchEvent(untyped({ type: "a" })));
  throws(TypeError, () => target.dispatchEvent(untyped(null)));
  throws(TypeError, () => Reflect.apply(target.dispatchEvent, target, []));
  let inner: unknown;
  target.addEventListener("a", (event) => {
    inner = (() => {
      try {
        return target.dispatchEvent(event);
      } catch (error) {
        return (error as DOMException).name;
      }
    })();
  });
  target.dispatchEvent(new Event("a"));
  is(inner, "InvalidStateError");
});

test("an event can be dispatched again", () => {
  const target = new EventTarget();
  let count = 0;
  target.addEventListener("a", (event) => {
    count += 1;
    event.stopImmediatePropagation();
  });
  const event = new Event("a");
  target.dispatchEvent(event);
  target.dispatchEvent(event);
  same([count, event.cancelBubble], [2, false]);
});

test("listeners run in the order in which they were added, those that capture first", () => {
  const target = new EventTarget();
  const order: number[] = [];
  target.addEventListener("a", () => order.push(1));
  target.addEventListener("a", () => order.push(2), true);
  target.addEventListener("a", () => order.push(3), { capture: true });
  target.addEventListener("a", () => order.push(4));
  target.dispatchEvent(new Event("a"));
  same(order, [2, 3, 1, 4]);
});

test("the same listener is added once for each phase", () => {
  const target = new EventTarget();
  let count = 0;
  const listener = () => {
    count += 1;
  };
  target.addEventListener("a", listener);
  target.addEventListener("a", listener, { once: true });
  target.addEventListener("a", listener, true);
  target.dispatchEvent(new Event("a"));
  is(count, 2);
});

test("removeEventListener takes away by type, callback and phase", () => {
  const target = new EventTarget();
  let count = 0;
  const listener = () => {
    count += 1;
  };
  target.addEventListener("a", listener, true);
  target.removeEventListener("a", listener);
  target.dispatchEvent(new Event("a"));
  target.removeEventListener("a", listener, { capture: true });
  target.dispatchEvent(new Event("a"));
  is(count, 1);
});

test("a listener that is removed while the event is dispatched does not run; one that is added neither", () => {
  const target = new EventTarget();
  const order: string[] = [];
  const second = () => order.push("second");
  target.addEventListener("a", () => {
    order.push("first");
    target.removeEventListener("a", second);
    target.addEventListener("a", () => order.push("late"));
  });
  target.addEventListener("a", second);
  target.dispatchEvent(new Event("a"));
  same(order, ["first"]);
});

test("once takes the listener away before it runs", () => {
  const target = new EventTarget();
  let count = 0;
  target.addEventListener(
    "a",
    () => {
      count += 1;
      target.dispatchEvent(new Event("a"));
    },
    { once: true },
  );
  target.dispatchEvent(new Event("a"));
  is(count, 1);
});

test("a passive listener cannot cancel", () => {
  const target = new EventTarget();
  target.addEventListener("a", (event) => event.preventDefault(), { passive: true });
  const event = new Event("a", { cancelable: true });
  is(target.dispatchEvent(event), true);
  is(event.defaultPrevented, false);
});

test("a signal takes the listener away, and one that has fired adds none", () => {
  const target = new EventTarget();
  const controller = new AbortController();
  let count = 0;
  const listener = () => {
    count += 1;
  };
  target.addEventListener("a", listener, { signal: controller.signal });
  target.dispatchEvent(new Event("a"));
  controller.abort();
  target.dispatchEvent(new Event("a"));
  target.addEventListener("a", listener, { signal: controller.signal });
  target.dispatchEvent(new Event("a"));
  is(count, 1);
});

test("a signal that is none is refused, whatever the callback", () => {
  const target = new EventTarget();
  throws(TypeError, () => target.addEventListener("a", () => {}, { signal: untyped(null) }));
  throws(TypeError, () => target.addEventListener("a", null, { signal: untyped({}) }));
});

test("a signal that fires in a listener stops the later ones", () => {
  const target = new EventTarget();
  const controller = new AbortController();
  let count = 0;
  target.addEventListener("a", () => controller.abort());
  target.addEventListener("a", () => (count += 1), { signal: controller.signal });
  target.dispatchEvent(new Event("a"));
  is(count, 0);
});

test("handleEvent is looked up at each event and called on its object", () => {
  const target = new EventTarget();
  let seen: unknown;
  const listener: { handleEvent?: () => void } = {};
  target.addEventListener("a", listener as EventListenerObject);
  listener.handleEvent = function (this: unknown) {
    seen = this;
  };
  target.dispatchEvent(new Event("a"));
  is(seen, listener);
});

test("a null callback is no listener, another value is refused", () => {
  const target = new EventTarget();
  target.addEventListener("a", null);
  target.removeEventListener("a", null);
  throws(TypeError, () => target.addEventListener("a", untyped("b")));
  throws(TypeError, () => target.addEventListener("a", untyped(1)));
  throws(TypeError, () => Reflect.apply(target.addEventListener, target, ["a"]));
  throws(TypeError, () => Reflect.apply(target.removeEventListener, target, ["a"]));
  target.dispatchEvent(new Event("a"));
});

test("stopImmediatePropagation keeps the later listeners from running", () => {
  const target = new EventTarget();
  const order: number[] = [];
  target.addEventListener("a", (event) => {
    order.push(1);
    event.stopImmediatePropagation();
  });
  target.addEventListener("a", () => order.push(2));
  target.dispatchEvent(new Event("a"));
  same(order, [1]);
});

test("a class can extend EventTarget", () => {
  class Mine extends EventTarget {
    readonly mine = 1;
  }
  const target = new Mine();
  let heard: unknown;
  target.addEventListener("a", (event) => {
    heard = event.target;
  });
  target.dispatchEvent(new Event("a"));
  is(heard, target);
});

test("options are read in the order of the standard", () => {
  const read: string[] = [];
  const options = new Proxy(
    {},
    {
      get(_target, key) {
        read.push(String(key));
        return undefined;
      },
    },
  );
  new EventTarget().addEventListener("a", () => {}, options);
  same(
    read.filter((key) => ["capture", "once", "passive", "signal"].includes(key)),
    ["capture", "once", "passive", "signal"],
  );
});

test("CustomEvent carries its detail", () => {
  const detail = { a: 1 };
  is(new CustomEvent("a", { detail }).detail, detail);
  is(new CustomEvent("a").detail, null);
  is(new CustomEvent("a", { detail: undefined }).detail, null);
  throws(TypeError, () => new CustomEvent(...(untyped([]) as [string])));
});

test("MessageEvent carries data, origin and ports, which are frozen", () => {
  const { port1 } = new MessageChannel();
  const event = new MessageEvent("message", { data: 1, origin: "o", lastEventId: "i", ports: [port1] });
  same([event.data, event.origin, event.lastEventId, event.source], [1, "o", "i", null]);
  same([event.ports.length, event.ports[0] === port1, Object.isFrozen(event.ports)], [1, true, true]);
  const empty = new MessageEvent("message");
  same([empty.data, empty.origin, empty.lastEventId, empty.source, empty.ports], [null, "", "", null, []]);
});

test("ErrorEvent carries message, place and error", () => {
  const error = new Error("x");
  const event = new ErrorEvent("error", { message: "m", filename: "f", lineno: 1, colno: 2, error });
  same(
    [event.message, event.filename, event.lineno, event.colno, event.error === error],
    ["m", "f", 1, 2, true],
  );
  const empty = new ErrorEvent("error");
  same([empty.message, empty.filename, empty.lineno, empty.colno], ["", "", 0, 0]);
});

test("CloseEvent carries code, reason and wasClean", () => {
  const event = new CloseEvent("close", { code: 1000, reason: "r", wasClean: true });
  same([event.code, event.reason, event.wasClean], [1000, "r", true]);
  const empty = new CloseEvent("close");
  same([empty.code, empty.reason, empty.wasClean], [0, "", false]);
});

test("an error in dispatch does not reach the one who dispatches", () => {
  if (!("onerror" in globalThis)) return;
  const heard: unknown[] = [];
  const listener = (event: Event) => {
    heard.push((event as ErrorEvent).error);
    event.preventDefault();
  };
  globalThis.addEventListener("error", listener);
  const target = new EventTarget();
  const error = new Error("in a listener");
  target.addEventListener("a", () => {
    throw error;
  });
  let second = false;
  target.addEventListener("a", () => {
    second = true;
  });
  target.dispatchEvent(new Event("a"));
  globalThis.removeEventListener("error", listener);
  same([heard.length, heard[0] === error, second], [1, true, true]);
});

test("InvalidStateError is what an event under way is refused with", () => {
  const target = new EventTarget();
  const event = new Event("a");
  let checked = false;
  target.addEventListener("a", () => {
    throwsDom("InvalidStateError", () => new EventTarget().dispatchEvent(event));
    checked = true;
  });
  target.dispatchEvent(event);
  is(checked, true);
});
