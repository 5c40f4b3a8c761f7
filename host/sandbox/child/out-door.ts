/**
 * The child's side of an isolate's out door: hears what the isolate says, and decides what becomes of it.
 *
 * Guarantees that what reaches the host is well formed, carries this isolate's number and keeps to the calls,
 * effects, credit and rates that the isolate has. Never throws into the isolate: an error of this program
 * would carry its paths there. What breaks a rule ends the isolate.
 */
import type { EffectFailure } from "#host/base/effect.ts";
import { asHostError, HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject } from "#host/base/json.ts";
import { EDGE, PIPE } from "#host/base/limits.ts";
import type { Inward } from "#host/edge/door-protocol.ts";
import { Allowance } from "./allowance.ts";
import type { EffectLedger, Verdict } from "./effect-ledger.ts";
import { sendsBody, toFrame, type IsolateFrame } from "./isolate-frame.ts";
import type { IsolateTimers } from "./isolate-timers.ts";
import { createSharedNative, NativeWork, type SharedNative } from "./native-work.ts";
import type { Account, Outbox } from "./outbox.ts";

export interface OutDoorOptions {
  readonly isolate: number;
  readonly ledger: EffectLedger;
  readonly timers: IsolateTimers;
  readonly outbox: Outbox;
  readonly shared: SharedAllowances;
  /** The other door. */
  readonly enter: (message: Inward, bytes?: ArrayBuffer) => void;
  /** Ends the isolate, soon: this runs while the isolate waits, and it cannot be disposed from within. */
  readonly end: (reason: string) => void;
}

/** What all isolates of this process may send and use together; the host counts lines by process. */
export interface SharedAllowances {
  readonly lines: Allowance;
  readonly cancels: Allowance;
  readonly native: SharedNative;
}

export function createSharedAllowances(): SharedAllowances {
  return {
    lines: new Allowance(EDGE.linesPerProcessSecond, now),
    cancels: new Allowance(EDGE.cancelsPerProcessSecond, now),
    native: createSharedNative(),
  };
}

const now = () => performance.now();
const EMPTY = new ArrayBuffer(0);
const PASS: Verdict = { pass: true };
const DROP: Verdict = { pass: false, drop: true };

export class OutDoor {
  readonly #options: OutDoorOptions;
  readonly #console = new Allowance(EDGE.consoleLinesPerSecond, now);
  readonly #updates = new Allowance(EDGE.updatesPerSecond, now);
  readonly #cancels = new Allowance(EDGE.cancelsPerSecond, now);
  readonly #account: Account = { waiting: 0 };
  readonly #native: NativeWork;
  #opened = false;

  constructor(options: OutDoorOptions) {
    this.#options = options;
    this.#native = new NativeWork(options.shared.native, options.enter);
  }

  /** Lets go of what was done and kept for the isolate. */
  close(): void {
    this.#native.close();
  }

  /** One message of the isolate; answers the runtime's questions. */
  hear(text: unknown, bytes: unknown): unknown {
    try {
      return this.#hear(parseMessage(text), bytes instanceof ArrayBuffer ? bytes : EMPTY);
    } catch (thrown) {
      this.#options.end(`It sent what it may not send. ${asHostError(thrown).message}`);
      return undefined;
    }
  }

  /** A line on the plugin's console, written for it. */
  writeLine(text: string): void {
    this.#pass({ t: "console", level: "error", text: text.slice(0, PIPE.maxTextChars) }, EMPTY);
  }

  #hear(message: JsonObject, bytes: ArrayBuffer): unknown {
    const done = this.#native.hear(message, bytes);
    if (done !== undefined) return done;
    if (message.t === "timer") this.#startTimer(Number(message.timer), Number(message.ms));
    else if (message.t === "untimer") this.#options.timers.stop(Number(message.timer));
    else this.#pass(message, bytes);
    return undefined;
  }

  /** Sends a message on, if it keeps the rules. */
  #pass(message: JsonObject, bytes: ArrayBuffer): void {
    const frame = toFrame(this.#options.isolate, message, bytes.byteLength);
    const verdict = this.#judge(frame, bytes.byteLength);
    if (verdict.pass) this.#send(frame, bytes);
    else if ("fatal" in verdict) this.#options.end(`It broke a rule of the pipe: ${verdict.fatal}`);
    else if ("refuse" in verdict && frame.t === "effect") this.#refuse(frame.effect, verdict.refuse);
  }

  #judge(frame: IsolateFrame, bytes: number): Verdict {
    const { ledger } = this.#options;
    switch (frame.t) {
      case "effect":
        return ledger.openEffect(frame.effect, frame.call, sendsBody(frame.request));
      case "chunk":
        return ledger.sendUp(frame.effect, bytes);
      case "end":
        return ledger.endUp(frame.effect);
      case "credit":
        return ledger.creditDown(frame.effect, frame.bytes);
      case "cancel":
        return this.#judgeCancel(frame.effect);
      case "result":
        return ledger.hasCall(frame.call) ? PASS : DROP;
      case "update":
        return ledger.hasCall(frame.call) && this.#takesLine(this.#updates) ? PASS : DROP;
      case "console":
        return this.#takesLine(this.#console) ? PASS : DROP;
      case "opened":
        return this.#opened ? DROP : PASS;
    }
  }

  #takesLine(own: Allowance): boolean {
    return own.take() && this.#options.shared.lines.take();
  }

  #judgeCancel(effect: number): Verdict {
    const { ledger, shared } = this.#options;
    const verdict = ledger.cancel(effect);
    if (!verdict.pass) return verdict;
    if (!this.#cancels.take()) {
      return { pass: false, fatal: `it gave up more than ${EDGE.cancelsPerSecond} effects in a second` };
    }
    // Untold, the host ends the effect with its call.
    return shared.cancels.take() ? PASS : DROP;
  }

  #send(frame: IsolateFrame, bytes: ArrayBuffer): void {
    this.#options.outbox.send(frame, new Uint8Array(bytes), this.#account);
    if (this.#account.waiting > EDGE.waitingBytes) this.#options.end("It sends more than the host can take");
    if (frame.t === "result") this.#endCall(frame.call);
    if (frame.t === "opened") this.#opened = true;
  }

  /** Effects die with the call that they were asked for; the host ends its side by itself. */
  #endCall(call: number): void {
    for (const effect of this.#options.ledger.endCall(call)) {
      const message = "Cannot go on with this effect: the call that it belonged to has ended";
      this.#refuse(effect, { code: "aborted", message });
    }
  }

  #refuse(effect: number, failure: EffectFailure): void {
    this.#options.enter({ t: "reply", effect, ok: false, failure });
  }

  #startTimer(timer: number, ms: number): void {
    const started = this.#options.timers.start(timer, ms);
    if (!started) this.#options.end(`It set more than ${EDGE.timers} timers`);
  }
}

function parseMessage(text: unknown): JsonObject {
  if (typeof text !== "string" || text.length > PIPE.maxHeaderBytes)
    throw unreadable("not a text in its bounds");
  const message: unknown = JSON.parse(text);
  if (isJsonObject(message)) return message;
  throw unreadable("not a JSON object");
}

function unreadable(rule: string): HostError {
  return new HostError("sandbox.protocol", `Cannot read its message: ${rule}`);
}
