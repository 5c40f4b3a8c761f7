/** The event classes of the platform, over event-target-shim's `Event` and `EventTarget`. */
import { Event, EventTarget, setWarningHandler } from "event-target-shim";

// The shim warns of harmless things, such as a listener added twice, on a console that does not exist yet.
setWarningHandler(() => {});

type Init = Readonly<Record<string, unknown>>;

export class CustomEvent extends Event {
  readonly detail: unknown;

  constructor(type: string, init: Init = {}) {
    super(type, init);
    this.detail = init.detail ?? null;
  }
}

export class MessageEvent extends Event {
  readonly data: unknown;
  readonly origin: unknown;
  readonly lastEventId: unknown;

  constructor(type: string, init: Init = {}) {
    super(type, init);
    this.data = init.data ?? null;
    this.origin = init.origin ?? "";
    this.lastEventId = init.lastEventId ?? "";
  }
}

export class ErrorEvent extends Event {
  readonly message: unknown;
  readonly filename: unknown;
  readonly lineno: unknown;
  readonly colno: unknown;
  readonly error: unknown;

  constructor(type: string, init: Init = {}) {
    super(type, init);
    this.message = init.message ?? "";
    this.filename = init.filename ?? "";
    this.lineno = init.lineno ?? 0;
    this.colno = init.colno ?? 0;
    this.error = init.error;
  }
}

export class CloseEvent extends Event {
  readonly code: unknown;
  readonly reason: unknown;
  readonly wasClean: boolean;

  constructor(type: string, init: Init = {}) {
    super(type, init);
    this.code = init.code ?? 0;
    this.reason = init.reason ?? "";
    this.wasClean = init.wasClean === true;
  }
}

export { Event, EventTarget };
