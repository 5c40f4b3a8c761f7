/**
 * Plugins that trust each other enough to share a sandbox process: the process, and who sits in it.
 *
 * Guarantees that an isolate serves one version of one plugin for one session and is never handed on; that
 * the process starts with the first use and ends when nobody needs it; and that a crash is put on the ledger
 * before anybody starts the plugin again. A session's concurrent calls share its isolate.
 */
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import type { PluginCode } from "./contract.ts";
import type { CrashLedger } from "./crash-ledger.ts";
import type { Isolate } from "./isolate.ts";
import type { SandboxLimits } from "./limits.ts";
import type { SandboxProcess } from "./sandbox-process.ts";
import { sleep, unlessAborted } from "./waiting.ts";

export interface GroupDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly limits: SandboxLimits;
  readonly ledger: CrashLedger;
  /** A process in which nothing has run yet. */
  readonly takeProcess: () => Promise<SandboxProcess>;
}

/** An isolate's place, from before it is opened until it is gone. */
interface Seat {
  readonly key: string;
  readonly plugin: PluginCode;
  readonly opening: Promise<Isolate>;
  open: boolean;
  users: number;
  /** Off the list: nobody new comes, and it goes with its last user. */
  retired: boolean;
  idle: ReturnType<typeof setTimeout> | undefined;
}

export class TrustGroup {
  readonly #id: string;
  readonly #deps: GroupDeps;
  /** By plugin, version and session; the one used longest ago comes first. */
  readonly #seats = new Map<string, Seat>();
  /** Who waits for a place in a full process, the longest first. */
  readonly #queue = new Set<() => void>();
  #process: Promise<SandboxProcess> | null = null;
  /** Isolates on their way into the process: it must not be ended for being empty. */
  #openers = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string, deps: GroupDeps) {
    this.#id = id;
    this.#deps = deps;
  }

  /** Uses the isolate of this plugin version and session; opens it if there is none. */
  async withSession<Result>(
    plugin: PluginCode,
    session: string,
    signal: AbortSignal,
    use: (isolate: Isolate) => Promise<Result>,
  ): Promise<Result> {
    this.#admit(plugin);
    const seat = this.#seatFor(plugin, session);
    seat.users += 1;
    clearTimeout(seat.idle);
    try {
      return await use(await unlessAborted(seat.opening, signal));
    } finally {
      this.#leave(seat);
    }
  }

  /** Uses an isolate that serves no session, and throws it away. */
  async withoutSession<Result>(
    plugin: PluginCode,
    use: (isolate: Isolate) => Promise<Result>,
  ): Promise<Result> {
    this.#admit(plugin);
    const isolate = await this.#open(plugin, null);
    try {
      return await use(isolate);
    } finally {
      isolate.close(ended("it was only looked at"));
    }
  }

  /** Calls in flight end where they are; the next one finds no isolate. */
  retire(pluginId: string): void {
    for (const seat of this.#seats.values()) {
      if (seat.plugin.id !== pluginId) continue;
      this.#retire(seat);
      if (seat.users === 0) this.#close(seat, "its plugin changed or went");
    }
  }

  /** Lets go of its timers; its process is ended by whoever gave it. */
  stop(): void {
    clearTimeout(this.#idle);
    for (const seat of this.#seats.values()) clearTimeout(seat.idle);
  }

  #admit(plugin: PluginCode): void {
    const decision = this.#deps.ledger.decide(plugin);
    if (!decision.allowed) throw new HostError("plugin.refused", decision.reason, { fix: decision.fix });
  }

  #seatFor(plugin: PluginCode, session: string): Seat {
    const key = JSON.stringify([plugin.id, plugin.hash, session]);
    const seat = this.#seats.get(key) ?? this.#newSeat(key, plugin, session);
    this.#seats.delete(key);
    this.#seats.set(key, seat);
    return seat;
  }

  #newSeat(key: string, plugin: PluginCode, session: string): Seat {
    const opening = this.#open(plugin, session);
    const seat: Seat = { key, plugin, opening, open: false, users: 0, retired: false, idle: undefined };
    opening
      .then((isolate) => {
        seat.open = true;
        return isolate.ended;
      })
      .then(
        () => this.#retire(seat),
        () => this.#retire(seat),
      );
    return seat;
  }

  #leave(seat: Seat): void {
    seat.users -= 1;
    if (seat.users > 0) return;
    if (seat.retired) return this.#close(seat, "its plugin changed or went");
    if (this.#queue.size > 0) return this.#close(seat, "another session needs the place");
    seat.idle = setTimeout(() => this.#close(seat, "nobody used it"), this.#deps.limits.idleIsolateMs);
  }

  #retire(seat: Seat): void {
    clearTimeout(seat.idle);
    seat.retired = true;
    if (this.#seats.get(seat.key) === seat) this.#seats.delete(seat.key);
  }

  /** Takes it off the list first, so that nobody sits down while it is being closed. */
  #close(seat: Seat, why: string): void {
    this.#retire(seat);
    seat.opening.then((isolate) => isolate.close(ended(why))).catch(() => {});
  }

  async #open(plugin: PluginCode, session: string | null): Promise<Isolate> {
    const { ledger, clock } = this.#deps;
    await sleep(ledger.delay(plugin, clock.monotonic()));
    this.#openers += 1;
    try {
      const [process, bundle] = await Promise.all([this.#runningProcess(), plugin.load()]);
      const until = clock.monotonic() + plugin.deadlineMs;
      while (this.#isFull(process)) await this.#room(plugin.id, until - clock.monotonic());
      const isolate = process.createIsolate(plugin, session);
      void isolate.ended.then((end) => {
        if (end.crashed) this.#blame([plugin], end.error.message);
        this.#queue.values().next().value?.();
        this.#restIfEmpty();
      });
      await this.#load(process, isolate, bundle);
      return isolate;
    } finally {
      this.#openers -= 1;
      this.#restIfEmpty();
    }
  }

  /** A process that does not even load code is stuck, and all that is in it. */
  async #load(process: SandboxProcess, isolate: Isolate, bundle: Uint8Array): Promise<void> {
    const late = ended(`"${isolate.plugin.id}" did not load in time`);
    const patience = setTimeout(() => process.kill(late), this.#deps.limits.startDeadlineMs);
    try {
      await isolate.load(bundle);
    } finally {
      clearTimeout(patience);
    }
  }

  #isFull(process: SandboxProcess): boolean {
    return process.alive && process.isolates.length >= this.#deps.limits.isolatesPerProcess;
  }

  /** Waits until an isolate ends; one that nobody uses is ended for it. */
  async #room(plugin: string, leftMs: number): Promise<void> {
    if (leftMs <= 0) throw full(plugin, this.#deps.limits.isolatesPerProcess);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue.add(resolve);
    const idle = [...this.#seats.values()].find((seat) => seat.users === 0 && seat.open);
    if (idle !== undefined) this.#close(idle, "another session needs the place");
    const timer = setTimeout(resolve, leftMs);
    await promise;
    clearTimeout(timer);
    this.#queue.delete(resolve);
  }

  #runningProcess(): Promise<SandboxProcess> {
    if (this.#process !== null) return this.#process;
    const starting = this.#deps.takeProcess();
    this.#process = starting;
    const gone = () => {
      clearTimeout(this.#idle);
      if (this.#process === starting) this.#process = null;
    };
    starting
      .then((process) => process.ended)
      .then(({ reason, atWork }) => {
        gone();
        this.#blame(atWork, reason.message);
      })
      .catch(gone);
    return starting;
  }

  #restIfEmpty(): void {
    if (this.#process === null) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#process?.then(
        (process) => {
          if (this.#openers === 0 && process.isolates.length === 0) process.kill(ended("nobody needed it"));
        },
        () => {},
      );
    }, this.#deps.limits.idleProcessMs);
  }

  #blame(plugins: readonly PluginCode[], reason: string): void {
    if (plugins.length === 0) return;
    this.#deps.ledger.record(plugins, reason, this.#deps.clock.monotonic());
    this.#deps.log.warn("a sandbox crashed", {
      group: this.#id,
      plugins: plugins.map((plugin) => plugin.id),
      reason,
    });
  }
}

function ended(why: string): HostError {
  return new HostError("plugin.crashed", `The isolate was ended: ${why}`);
}

function full(plugin: string, places: number): HostError {
  const message = `Cannot start "${plugin}": all ${places} places of its sandbox stayed in use`;
  return new HostError("plugin.deadline", message, { fix: "Try again when fewer sessions are at work" });
}
