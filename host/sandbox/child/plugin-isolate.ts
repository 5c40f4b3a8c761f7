/**
 * One isolate with one plugin in it, from its first line to its end.
 *
 * Guarantees that a run of JavaScript past its slice, an exhausted heap, a flood or a forged message ends the
 * isolate with one `crash` frame, and that nothing is sent for it after that. An error that no call is
 * responsible for is written to the plugin's console.
 */
import { EDGE, SANDBOX } from "#host/base/limits.ts";
import type { Inward } from "#host/edge/door-protocol.ts";
import type {
  AbortFrame,
  CallFrame,
  ChunkFrame,
  CreditFrame,
  EndFrame,
  OpenFrame,
  RefusalFrame,
  ReplyFrame,
} from "#host/pipe/protocol.ts";
import type { IsolatedVm } from "./addon.ts";
import { Allowance } from "./allowance.ts";
import type { BlankIsolate } from "./blank-isolate.ts";
import { EffectLedger } from "./effect-ledger.ts";
import { IsolateTimers } from "./isolate-timers.ts";
import { OutDoor, type SharedAllowances } from "./out-door.ts";
import type { Outbox } from "./outbox.ts";
import { pluginFileName, toPluginFailure } from "./plugin-error.ts";

export interface PluginIsolateOptions {
  readonly id: number;
  readonly ivm: IsolatedVm;
  readonly blank: BlankIsolate;
  readonly outbox: Outbox;
  readonly shared: SharedAllowances;
  readonly heapMiB: number;
  /** Called once, when the isolate has ended by itself. */
  readonly onCrash: () => void;
}

/** What isolated-vm throws when a run exceeded its time. */
const TIMED_OUT = "Script execution timed out.";

export class PluginIsolate {
  readonly #options: PluginIsolateOptions;
  readonly #ledger = new EffectLedger();
  readonly #timers: IsolateTimers;
  readonly #door: OutDoor;
  readonly #rejections = new Allowance(EDGE.consoleLinesPerSecond, () => performance.now());
  #cpuSliceMs: number = SANDBOX.cpuSliceMs;
  #gone = false;

  constructor(options: PluginIsolateOptions) {
    this.#options = options;
    this.#timers = new IsolateTimers((timer) => void this.#enter({ t: "timer", timer }));
    this.#door = new OutDoor({
      isolate: options.id,
      ledger: this.#ledger,
      timers: this.#timers,
      outbox: options.outbox,
      shared: options.shared,
      enter: (message, bytes) => this.#enter(message, bytes),
      end: (reason) => setImmediate(() => this.#crash(reason)),
    });
    options.blank.listen((text, bytes) => (this.#gone ? undefined : this.#door.hear(text, bytes)));
  }

  /** Evaluates the plugin's bundle. Answered by an `opened` frame or a `crash`. */
  async open(frame: OpenFrame, code: string): Promise<void> {
    const { isolate, context } = this.#options.blank;
    try {
      const script = await isolate.compileScript(code, { filename: pluginFileName(frame.name) });
      await script.run(context, { timeout: this.#cpuSliceMs });
    } catch (thrown) {
      if (!this.#endedWith(thrown)) this.#refuseToOpen(thrown);
      return;
    }
    void this.#enter({ t: "open", config: frame.config });
  }

  call(frame: CallFrame): void {
    const { call, entry, name, args } = frame;
    this.#cpuSliceMs = frame.cpuSliceMs;
    this.#ledger.beginCall(call);
    void this.#enter({ t: "call", call, entry, name, args });
  }

  abort({ call, reason }: AbortFrame): void {
    if (this.#ledger.hasCall(call)) void this.#enter({ t: "abort", call, reason });
  }

  reply(frame: ReplyFrame | RefusalFrame): void {
    const streams = frame.ok && frame.body;
    const wanted = streams ? this.#ledger.receiveDown(frame.effect, 0) : this.#ledger.close(frame.effect);
    if (wanted) void this.#enter(frame);
  }

  chunk({ effect }: ChunkFrame, payload: Uint8Array): void {
    if (!this.#ledger.receiveDown(effect, payload.byteLength)) return;
    // A copy to give away: the payload is a view on what the pipe delivered.
    void this.#enter({ t: "chunk", effect }, new Uint8Array(payload).buffer);
  }

  end(frame: EndFrame): void {
    if (this.#ledger.close(frame.effect)) void this.#enter(frame);
  }

  credit(frame: CreditFrame): void {
    if (this.#ledger.receiveCredit(frame.effect, frame.bytes)) void this.#enter(frame);
  }

  /** Throws the isolate away; nobody is told. */
  close(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#timers.stopAll();
    this.#door.close();
    const { isolate } = this.#options.blank;
    if (!isolate.isDisposed) isolate.dispose();
  }

  #crash(reason: string): void {
    if (this.#gone) return;
    this.close();
    this.#options.outbox.send({ t: "crash", isolate: this.#options.id, reason });
    this.#options.onCrash();
  }

  /** Goes in by the one entry. Entries run one after another, each for at most a slice. Never rejects. */
  async #enter(message: Inward, bytes?: ArrayBuffer): Promise<void> {
    if (this.#gone) return;
    const args = [JSON.stringify(message), bytes === undefined ? undefined : this.#moved(bytes)] as const;
    try {
      await this.#options.blank.in.apply(undefined, [...args], { timeout: this.#cpuSliceMs });
    } catch (thrown) {
      this.#afterEntry(thrown);
    }
  }

  /** Gives bytes away to the isolate; here they are empty afterwards. */
  #moved(bytes: ArrayBuffer) {
    const copy = new this.#options.ivm.ExternalCopy(bytes, { transferList: [bytes] });
    return copy.copyInto({ release: true, transferIn: true });
  }

  /**
   * The entry itself does not throw: this is a time-out, the isolate's end, or a rejection that nobody handled,
   * which V8 reports at the next entry, whatever that one was about. The runtime is told, for its own events and for
   * the plugin's console; one that answers each rejection with another is not told for ever.
   */
  #afterEntry(thrown: unknown): void {
    if (this.#gone || this.#endedWith(thrown) || !this.#rejections.take()) return;
    void this.#enter({ t: "rejection", error: toPluginFailure(thrown) });
  }

  /** True if this error came of the isolate's end, and then its crash is reported. */
  #endedWith(thrown: unknown): boolean {
    if (thrown instanceof Error && thrown.message === TIMED_OUT) {
      this.#crash(`It ran for more than ${this.#cpuSliceMs} ms without a pause`);
    } else if (this.#options.blank.isolate.isDisposed) {
      this.#crash(`It used more than its heap of ${this.#options.heapMiB} MiB`);
    }
    return this.#gone;
  }

  #refuseToOpen(thrown: unknown): void {
    const error = toPluginFailure(thrown);
    this.#options.outbox.send({ t: "opened", isolate: this.#options.id, ok: false, error });
  }
}
