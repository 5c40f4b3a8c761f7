/** `MessageChannel` and `MessagePort` (HTML standard, section 9.4), within one isolate. */
import { MessageEvent, Event } from "./event.ts";
import { EventTarget, fire } from "./event-target.ts";
import { defineHandlers } from "./event-handlers.ts";
import { cloneWithTransfer, transferOf } from "./structured-clone.ts";
import { queueTask } from "./tasks.ts";
import { shape, wants } from "./web-idl.ts";

/** Known only here: without it the constructor refuses. */
const MAKER = Symbol("maker");

interface Message {
  readonly data: unknown;
  readonly ports: readonly MessagePort[];
}

/** What is at the end of a channel. It moves to a new port when its port is transferred. */
interface End {
  port: MessagePort | null;
  other: End | null;
  started: boolean;
  closed: boolean;
  /** True for what a port is left with when it was transferred, or closed by its owner. */
  detached: boolean;
  /** Messages until the port is started; afterwards each is a task of its own. */
  readonly waiting: Message[];
}

let endOf: (port: MessagePort) => End;
let giveEnd: (port: MessagePort) => End;
export let isPort: (value: unknown) => value is MessagePort;

export class MessagePort extends EventTarget {
  #end: End;

  static {
    endOf = (port) => port.#end;
    giveEnd = (port) => {
      const end = port.#end;
      port.#end = { port, other: null, started: false, closed: true, detached: true, waiting: [] };
      end.port = null;
      return end;
    };
    isPort = (value): value is MessagePort => typeof value === "object" && value !== null && #end in value;
  }

  constructor(maker?: symbol, end?: End) {
    if (maker !== MAKER || end === undefined) throw new TypeError("Illegal constructor");
    super();
    this.#end = end;
    end.port = this;
  }

  postMessage(message: unknown, options: unknown = undefined): void {
    wants(arguments.length, 1, "postMessage");
    const { other } = this.#end;
    const transfer = transferOf(options);
    if (transfer.includes(this)) {
      throw new DOMException("Cannot transfer a port through itself", "DataCloneError");
    }
    const toItself = other?.port !== null && other?.port !== undefined && transfer.includes(other.port);
    const { value, transferred } = cloneWithTransfer(message, transfer);
    // A port that is sent to itself is lost, and the message with it.
    if (other === null || toItself) return;
    receive(other, { data: value, ports: transferred.filter(isPort) });
  }

  start(): void {
    start(this.#end);
  }

  close(): void {
    const end = this.#end;
    end.detached = true;
    if (end.closed) return;
    end.closed = true;
    const { other } = end;
    end.other = null;
    if (other === null) return;
    other.other = null;
    queueTask(() => {
      if (other.closed) return;
      other.closed = true;
      if (other.port !== null) fire(other.port, new Event("close"));
    });
  }
}

shape("MessagePort", MessagePort);
Object.defineProperty(MessagePort, "length", { value: 0, configurable: true });
defineHandlers(
  MessagePort.prototype,
  ["message"],
  checkPort,
  // Setting a handler starts the port, as the standard has it.
  (port) => start(endOf(port as MessagePort)),
);
defineHandlers(MessagePort.prototype, ["messageerror", "close"], checkPort);

function checkPort(value: unknown): void {
  if (!isPort(value)) throw new TypeError("Illegal invocation");
}

function start(end: End): void {
  if (end.started) return;
  end.started = true;
  const waiting = end.waiting.splice(0);
  for (const message of waiting) queueTask(() => deliver(end, message));
}

function receive(end: End, message: Message): void {
  if (end.closed) return;
  if (end.started) queueTask(() => deliver(end, message));
  else end.waiting.push(message);
}

function deliver(end: End, { data, ports }: Message): void {
  // It was transferred meanwhile: the new port gets it when it is started.
  if (!end.started) end.waiting.push({ data, ports });
  else if (end.port !== null && !end.closed) fire(end.port, new MessageEvent("message", { data, ports }));
}

/** For structured clone: the same end of the channel under a new port. */
export function transferPort(port: MessagePort): MessagePort {
  const end = giveEnd(port);
  end.started = false;
  return new MessagePort(MAKER, end);
}

export function isDetachedPort(port: MessagePort): boolean {
  return endOf(port).detached;
}

export class MessageChannel {
  readonly #port1: MessagePort;
  readonly #port2: MessagePort;

  constructor() {
    const end = (): End => ({
      port: null,
      other: null,
      started: false,
      closed: false,
      detached: false,
      waiting: [],
    });
    const [first, second] = [end(), end()];
    first.other = second;
    second.other = first;
    this.#port1 = new MessagePort(MAKER, first);
    this.#port2 = new MessagePort(MAKER, second);
  }

  get port1(): MessagePort {
    return this.#port1;
  }

  get port2(): MessagePort {
    return this.#port2;
  }
}

shape("MessageChannel", MessageChannel);
