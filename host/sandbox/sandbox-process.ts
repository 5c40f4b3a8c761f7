/**
 * One sandbox process: its isolates, its calls' numbers, and its end.
 *
 * Guarantees that a frame reaches an isolate only if this process opened it, that a breach of the protocol
 * kills the process, and that when it ends, however it ends, all its isolates end with it. Refuses to decide
 * when processes start and which plugins share one: `trust-group.ts` does.
 */
import type { Clock } from "#host/base/clock.ts";
import type { PerformEffect } from "#host/base/effect.ts";
import { HostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import type { ReadyFrame, SandboxFrame, WallsFrame } from "#host/pipe/protocol.ts";
import type { PluginCode } from "./contract.ts";
import { Isolate, type ConsoleLevel, type IsolateHome } from "./isolate.ts";
import type { Launched } from "./launcher.ts";
import type { SandboxLimits } from "./limits.ts";
import { protocolError } from "./link.ts";
import { Watchdog } from "./watchdog.ts";

export interface ProcessDeps {
  readonly perform: PerformEffect;
  readonly log: Log;
  readonly clock: Clock;
  readonly limits: SandboxLimits;
  readonly onConsole: (pluginId: string, level: ConsoleLevel, text: string) => void;
}

export interface ProcessEnd {
  readonly reason: HostError;
  /** Plugins whose code was expected to run when it ended, each once. */
  readonly atWork: readonly PluginCode[];
}

const MiB = 1024 * 1024;

export class SandboxProcess {
  readonly ready: ReadyFrame;
  /** Resolves once. */
  readonly ended: Promise<ProcessEnd>;
  readonly #launched: Launched;
  readonly #deps: ProcessDeps;
  readonly #isolates = new Map<number, Isolate>();
  readonly #calls = new Map<number, number>();
  readonly #watchdog: Watchdog;
  #probing: PromiseWithResolvers<WallsFrame> | null = null;
  #lastIsolate = 0;
  #lastCall = 0;
  #notices = { since: 0, count: 0 };
  #gone: HostError | null = null;

  constructor(launched: Launched, deps: ProcessDeps) {
    this.#launched = launched;
    this.#deps = deps;
    this.ready = launched.ready;
    this.ended = launched.link.ended.then((reason) => this.#end(reason));
    this.#watchdog = new Watchdog({
      read: launched.residentBytes,
      capBytes: () => this.#capMiB() * MiB,
      busy: () => this.isolates.some((isolate) => isolate.working),
      intervalMs: deps.limits.watchIntervalMs,
      onOver: (bytes) => this.kill(overMemory(bytes, this.#capMiB())),
    });
    launched.link.listen((frame, payload) => this.#handle(frame, payload));
  }

  /** Resolves when the system has taken the process back. */
  get exited(): Promise<void> {
    return this.#launched.exited;
  }

  /** Resident memory in bytes; null if it can't be read. */
  measure(): Promise<number | null> {
    return this.#launched.residentBytes();
  }

  get alive(): boolean {
    return this.#gone === null;
  }

  get isolates(): readonly Isolate[] {
    return [...this.#isolates.values()];
  }

  /** Makes the handle; `load` sends the code. */
  createIsolate(plugin: PluginCode, session: string | null): Isolate {
    this.#lastIsolate += 1;
    const isolate = new Isolate(this.#lastIsolate, plugin, session, this.#homeOf(plugin.id));
    if (this.#gone !== null) isolate.end(this.#gone, false);
    this.#isolates.set(isolate.number, isolate);
    this.#watchdog.wake();
    void isolate.ended.then(() => this.#isolates.delete(isolate.number));
    return isolate;
  }

  /** Asks the process to try its walls. Rejects when it ends or does not answer. */
  probe(): Promise<WallsFrame> {
    if (this.#gone !== null) return Promise.reject(this.#gone);
    if (this.#probing === null) {
      this.#probing = Promise.withResolvers();
      const patience = setTimeout(
        () => this.kill(protocolError("it did not answer the probe of its walls")),
        this.#deps.limits.startDeadlineMs,
      );
      const settled = () => clearTimeout(patience);
      this.#probing.promise.then(settled, settled);
      void this.#launched.link.send({ t: "probe" });
    }
    return this.#probing.promise;
  }

  /** Ends the process at once. */
  kill(reason: HostError): void {
    this.#launched.link.close(reason);
    this.#launched.kill();
  }

  #handle(frame: SandboxFrame, payload: Uint8Array): void {
    if (frame.t === "ready") throw protocolError("it said twice that it is ready");
    if (frame.t === "walls") return this.#probed(frame);
    if (frame.t === "console" || frame.t === "update" || frame.t === "cancel") this.#countNotice();
    const isolate = this.#isolates.get(frame.isolate);
    if (isolate !== undefined) return isolate.handle(frame, payload);
    if (frame.isolate > this.#lastIsolate || frame.isolate === 0) {
      throw protocolError(`it named the isolate ${frame.isolate}, which was never opened`);
    }
  }

  #probed(frame: WallsFrame): void {
    if (this.#probing === null) throw protocolError("it told of walls unasked");
    this.#probing.resolve(frame);
    this.#probing = null;
  }

  /** Streams are slowed by credit, effects by their number; nothing slows these. */
  #countNotice(): void {
    const now = this.#deps.clock.monotonic();
    if (now - this.#notices.since > 1_000) this.#notices = { since: now, count: 0 };
    this.#notices.count += 1;
    if (this.#notices.count > this.#deps.limits.maxNoticesPerSecond) {
      throw protocolError(`it sent more than ${this.#deps.limits.maxNoticesPerSecond} notices in a second`);
    }
  }

  #end(reason: HostError): ProcessEnd {
    this.#gone = new HostError("plugin.crashed", `The sandbox process is gone: ${reason.message}`, {
      fix: "It is started again with the next call",
      cause: reason,
    });
    this.#watchdog.stop();
    this.#launched.kill();
    this.#probing?.reject(this.#gone);
    const working = this.isolates.filter((isolate) => isolate.working).map((isolate) => isolate.plugin);
    for (const isolate of this.isolates) isolate.end(this.#gone, false);
    return { reason, atWork: [...new Map(working.map((plugin) => [plugin.id, plugin])).values()] };
  }

  #capMiB(): number {
    const asked = this.isolates.map((isolate) => isolate.plugin.rssMiB);
    return asked.length === 0 ? this.#deps.limits.rssMiB : Math.max(...asked);
  }

  #homeOf(pluginId: string): IsolateHome {
    const { perform, clock, limits, log, onConsole } = this.#deps;
    return {
      perform,
      clock,
      limits,
      send: (header, payload) => this.#launched.link.send(header, payload),
      nextCall: () => (this.#lastCall += 1),
      callHolder: (call) => {
        if (call === 0 || call > this.#lastCall) return "never";
        return this.#calls.get(call) ?? "ended";
      },
      holdCall: (call, isolate) => {
        this.#calls.set(call, isolate);
        this.#watchdog.wake();
      },
      releaseCall: (call) => this.#calls.delete(call),
      onConsole: (level, text) => onConsole(pluginId, level, text),
      onFault: (error) =>
        log.error("an effect broke the broker's promise not to throw", { plugin: pluginId, error }),
    };
  }
}

function overMemory(bytes: number, capMiB: number): HostError {
  return new HostError(
    "plugin.crashed",
    `its memory of ${Math.round(bytes / MiB)} MiB is over its cap of ${capMiB} MiB`,
    {
      fix: "Raise permissions.limits.rssMiB in the manifest of the plugin that needs it",
    },
  );
}
