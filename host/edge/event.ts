/** `Event` (DOM standard, section 2.2) and the events that carry something. */
import { now } from "./clock.ts";
import { defineConstants, dictionary, domString, shape, unsigned, wants } from "./web-idl.ts";

export const NONE = 0;
const CAPTURING_PHASE = 1;
export const AT_TARGET = 2;
const BUBBLING_PHASE = 3;

/** What dispatch reads and writes. Nobody outside of this file and `event-target.ts` gets at it. */
export interface EventState {
  type: string;
  bubbles: boolean;
  cancelable: boolean;
  composed: boolean;
  target: object | null;
  currentTarget: object | null;
  phase: number;
  stopped: boolean;
  stoppedAtOnce: boolean;
  canceled: boolean;
  inPassiveListener: boolean;
  initialized: boolean;
  dispatching: boolean;
  trusted: boolean;
}

export let stateOf: (event: Event) => EventState;
export let isEvent: (value: unknown) => value is Event;

export class Event {
  readonly #state: EventState;
  readonly #timeStamp = now();

  static {
    stateOf = (event) => event.#state;
    isEvent = (value): value is Event => typeof value === "object" && value !== null && #state in value;
  }

  constructor(type: unknown, init: unknown = undefined) {
    wants(arguments.length, 1, "the constructor of an event");
    const name = domString(type);
    const { bubbles, cancelable, composed } = dictionary(init, "the constructor of an event");
    this.#state = {
      type: name,
      bubbles: Boolean(bubbles),
      cancelable: Boolean(cancelable),
      composed: Boolean(composed),
      target: null,
      currentTarget: null,
      phase: NONE,
      stopped: false,
      stoppedAtOnce: false,
      canceled: false,
      inPassiveListener: false,
      initialized: true,
      dispatching: false,
      trusted: false,
    };
    // The standard wants it on each event itself, where no class can change it.
    Object.defineProperty(this, "isTrusted", { get: isTrusted, enumerable: true });
  }

  get type(): string {
    return this.#state.type;
  }

  get target(): object | null {
    return this.#state.target;
  }

  get srcElement(): object | null {
    return this.#state.target;
  }

  get currentTarget(): object | null {
    return this.#state.currentTarget;
  }

  composedPath(): object[] {
    const { currentTarget } = this.#state;
    return currentTarget === null ? [] : [currentTarget];
  }

  get eventPhase(): number {
    return this.#state.phase;
  }

  stopPropagation(): void {
    this.#state.stopped = true;
  }

  get cancelBubble(): boolean {
    return this.#state.stopped;
  }

  set cancelBubble(value: unknown) {
    if (value) this.#state.stopped = true;
  }

  stopImmediatePropagation(): void {
    this.#state.stopped = true;
    this.#state.stoppedAtOnce = true;
  }

  get bubbles(): boolean {
    return this.#state.bubbles;
  }

  get cancelable(): boolean {
    return this.#state.cancelable;
  }

  get returnValue(): boolean {
    return !this.#state.canceled;
  }

  set returnValue(value: unknown) {
    if (!value) cancel(this.#state);
  }

  preventDefault(): void {
    cancel(this.#state);
  }

  get defaultPrevented(): boolean {
    return this.#state.canceled;
  }

  get composed(): boolean {
    return this.#state.composed;
  }

  get timeStamp(): number {
    return this.#timeStamp;
  }

  initEvent(type: unknown, bubbles: unknown = false, cancelable: unknown = false): void {
    wants(arguments.length, 1, "initEvent");
    const name = domString(type);
    const state = this.#state;
    if (state.dispatching) return;
    Object.assign(state, {
      type: name,
      bubbles: Boolean(bubbles),
      cancelable: Boolean(cancelable),
      target: null,
      stopped: false,
      stoppedAtOnce: false,
      canceled: false,
      initialized: true,
      trusted: false,
    });
  }
}

function cancel(state: EventState): void {
  if (state.cancelable && !state.inPassiveListener) state.canceled = true;
}

const { get: isTrusted } = Object.getOwnPropertyDescriptor(
  {
    get isTrusted(): boolean {
      return stateOf(this as unknown as Event).trusted;
    },
  },
  "isTrusted",
) as { get: () => boolean };

shape("Event", Event);
defineConstants(Event, { NONE, CAPTURING_PHASE, AT_TARGET, BUBBLING_PHASE });

export class CustomEvent extends Event {
  #detail: unknown;

  constructor(type: unknown, init: unknown = undefined) {
    super(...given(type, init, arguments.length));
    this.#detail = dictionary(init, "CustomEvent").detail ?? null;
  }

  get detail(): unknown {
    return this.#detail;
  }

  initCustomEvent(
    type: unknown,
    bubbles: unknown = false,
    cancelable: unknown = false,
    detail: unknown = null,
  ): void {
    wants(arguments.length, 1, "initCustomEvent");
    if (stateOf(this).dispatching) return;
    this.initEvent(type, bubbles, cancelable);
    this.#detail = detail;
  }
}

export class MessageEvent extends Event {
  readonly #data: unknown;
  readonly #origin: string;
  readonly #lastEventId: string;
  readonly #source: unknown;
  readonly #ports: readonly unknown[];

  constructor(type: unknown, init: unknown = undefined) {
    super(...given(type, init, arguments.length));
    const fields = dictionary(init, "MessageEvent");
    this.#data = fields.data === undefined ? null : fields.data;
    this.#origin = domString(fields.origin ?? "");
    this.#lastEventId = domString(fields.lastEventId ?? "");
    this.#source = fields.source ?? null;
    this.#ports = Object.freeze([...((fields.ports ?? []) as Iterable<unknown>)]);
  }

  get data(): unknown {
    return this.#data;
  }

  get origin(): string {
    return this.#origin;
  }

  get lastEventId(): string {
    return this.#lastEventId;
  }

  get source(): unknown {
    return this.#source;
  }

  get ports(): readonly unknown[] {
    return this.#ports;
  }
}

export class ErrorEvent extends Event {
  readonly #message: string;
  readonly #filename: string;
  readonly #lineno: number;
  readonly #colno: number;
  readonly #error: unknown;

  constructor(type: unknown, init: unknown = undefined) {
    super(...given(type, init, arguments.length));
    const fields = dictionary(init, "ErrorEvent");
    this.#message = domString(fields.message ?? "");
    this.#filename = domString(fields.filename ?? "").toWellFormed();
    this.#lineno = unsigned(fields.lineno ?? 0, 32);
    this.#colno = unsigned(fields.colno ?? 0, 32);
    this.#error = fields.error;
  }

  get message(): string {
    return this.#message;
  }

  get filename(): string {
    return this.#filename;
  }

  get lineno(): number {
    return this.#lineno;
  }

  get colno(): number {
    return this.#colno;
  }

  get error(): unknown {
    return this.#error;
  }
}

export class CloseEvent extends Event {
  readonly #wasClean: boolean;
  readonly #code: number;
  readonly #reason: string;

  constructor(type: unknown, init: unknown = undefined) {
    super(...given(type, init, arguments.length));
    const fields = dictionary(init, "CloseEvent");
    this.#wasClean = Boolean(fields.wasClean);
    this.#code = unsigned(fields.code ?? 0, 16);
    this.#reason = domString(fields.reason ?? "").toWellFormed();
  }

  get wasClean(): boolean {
    return this.#wasClean;
  }

  get code(): number {
    return this.#code;
  }

  get reason(): string {
    return this.#reason;
  }
}

export class PromiseRejectionEvent extends Event {
  readonly #promise: object;
  readonly #reason: unknown;

  constructor(type: unknown, init: unknown) {
    wants(arguments.length, 2, "the constructor of PromiseRejectionEvent");
    super(type, init);
    const { promise, reason } = dictionary(init, "PromiseRejectionEvent");
    if (typeof promise !== "object" || promise === null) {
      throw new TypeError("Cannot make a PromiseRejectionEvent: it wants a promise");
    }
    this.#promise = promise;
    this.#reason = reason;
  }

  get promise(): object {
    return this.#promise;
  }

  get reason(): unknown {
    return this.#reason;
  }
}

/** The arguments of a constructor that hands them on: none stays none. */
function given(type: unknown, init: unknown, length: number): [unknown, unknown] {
  wants(length, 1, "the constructor of an event");
  return [type, init];
}

shape("CustomEvent", CustomEvent);
shape("MessageEvent", MessageEvent);
shape("ErrorEvent", ErrorEvent);
shape("CloseEvent", CloseEvent);
shape("PromiseRejectionEvent", PromiseRejectionEvent);
