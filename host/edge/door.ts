/**
 * The isolate's side of its two doors: `post` and `ask` go out, `receive` comes in.
 *
 * The out door is a variable of this module and nothing else holds it: plugin code runs later, in the same
 * realm, and finds neither the function nor a way to replace it. JSON is captured before plugin code can patch
 * it. What a plugin can still do by patching prototypes is to spoil its own messages; the child checks every
 * one, and knows by the door whose it is.
 */
import type { Inward, OutDoor, Outward, Question } from "./door-protocol.ts";

const { parse, stringify } = JSON;

type Handlers = {
  readonly [Kind in Inward["t"]]: (message: Extract<Inward, { t: Kind }>, bytes: ArrayBuffer) => void;
};

const EMPTY = new ArrayBuffer(0);
let out: OutDoor = () => {
  throw new Error("Cannot reach the host: the isolate has not been started");
};

export function openDoor(door: OutDoor): void {
  out = door;
}

export function post(message: Outward, bytes?: ArrayBuffer): void {
  out(stringify(message), bytes);
}

/** The answer's type is set by the question; the child is trusted to keep to it. */
export function ask(question: Question, bytes?: ArrayBuffer): unknown {
  return out(stringify(question), bytes);
}

/** The one entry of the isolate. Whatever a handler throws goes to `onError` and not to the child. */
export function createInDoor(handlers: Handlers, onError: (thrown: unknown) => void) {
  return (text: string, bytes: ArrayBuffer = EMPTY): void => {
    try {
      const message = parse(text) as Inward;
      (handlers[message.t] as (message: Inward, bytes: ArrayBuffer) => void)(message, bytes);
    } catch (thrown) {
      onError(thrown);
    }
  };
}
