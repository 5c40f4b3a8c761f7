/**
 * The host's handle on one isolate: one version of one plugin, serving one session or none.
 *
 * Guarantees that the identity of everything the isolate does comes from this handle and the call that the
 * host opened, that a frame which names what the isolate does not own ends its process, and that all its
 * calls and effects end when it does. Frames for what has just ended are late, not wrong, and dropped.
 */
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import type { JsonValue } from "#host/base/json.ts";
import type { PluginFailure, SandboxFrame } from "#host/pipe/protocol.ts";
import type { PluginCode } from "./contract.ts";
import { IsolateEffects, type EffectsHome } from "./isolate-effects.ts";
import { protocolError } from "./link.ts";
import { OpenCall, type CallSpec } from "./open-call.ts";

export type ConsoleLevel = "debug" | "info" | "warn" | "error";

/** What an isolate needs of the process that it lives in. */
export interface IsolateHome extends EffectsHome {
  readonly clock: Clock;
  /** The number of a new call; numbers of one process are never used twice. */
  nextCall(): number;
  /** Whose call this is: an isolate's number, or that it has ended, or that it never was. */
  callHolder(call: number): number | "ended" | "never";
  holdCall(call: number, isolate: number): void;
  releaseCall(call: number): void;
  onConsole(level: ConsoleLevel, text: string): void;
}

export type IsolateEnd = { readonly error: HostError; readonly crashed: boolean };

type IsolateFrame = Exclude<SandboxFrame, { t: "ready" | "walls" }>;

export class Isolate {
  readonly number: number;
  readonly plugin: PluginCode;
  readonly session: string | null;
  /** Resolves when the plugin's code is loaded. */
  readonly opened: Promise<void>;
  /** Resolves once, when the isolate is gone. */
  readonly ended: Promise<IsolateEnd>;
  readonly #home: IsolateHome;
  readonly #opening = Promise.withResolvers<void>();
  readonly #ending = Promise.withResolvers<IsolateEnd>();
  readonly #calls = new Map<number, OpenCall>();
  readonly #effects: IsolateEffects;
  /** Stopped calls whose plugin has yet to answer. */
  readonly #graces = new Map<number, ReturnType<typeof setTimeout>>();
  /** Calls that went on after they had been stopped. */
  #hanging = 0;
  /** Why this isolate is to end, once no call is live in it. */
  #ripe: HostError | null = null;
  #state: "opening" | "open" | "ended" = "opening";

  constructor(number: number, plugin: PluginCode, session: string | null, home: IsolateHome) {
    this.number = number;
    this.plugin = plugin;
    this.session = session;
    this.#home = home;
    this.#effects = new IsolateEffects(plugin.id, session, home);
    this.opened = this.#opening.promise;
    this.opened.catch(() => {});
    this.ended = this.#ending.promise;
  }

  /** Calls that the plugin has not answered, also those whose caller no longer waits. */
  get callsInFlight(): number {
    return this.#calls.size;
  }

  /** Whether code of the plugin is expected to run now. */
  get working(): boolean {
    return this.#state === "opening" || this.#calls.size > 0;
  }

  get alive(): boolean {
    return this.#state !== "ended";
  }

  /** Sends the code. Resolves when it is loaded. */
  async load(bundle: Uint8Array): Promise<void> {
    const { id, config, heapMiB, wasm } = this.plugin;
    await this.#home.send({ t: "open", isolate: this.number, name: id, config, heapMiB, wasm }, bundle);
    await this.opened;
  }

  /** Calls the plugin. Rejects with a HostError of the codes that `contract.ts` lists. */
  call(spec: CallSpec): Promise<JsonValue> {
    if (spec.signal.aborted) return Promise.reject(new HostError("aborted", "The turn was stopped"));
    if (!this.alive) return Promise.reject(crashed(this.plugin.id, "its isolate is gone"));
    const number = this.#home.nextCall();
    const call = new OpenCall(spec, this.plugin, this.#home.clock, (reason, graceMs) =>
      this.#hurry(number, reason, graceMs),
    );
    this.#calls.set(number, call);
    this.#home.holdCall(number, this.number);
    const { entry, name, args } = spec;
    const { cpuSliceMs } = this.plugin;
    void this.#home.send({ t: "call", isolate: this.number, call: number, entry, name, args, cpuSliceMs });
    return call.outcome;
  }

  /** Ends it: the sandbox is told, and whoever waits gets `reason`. */
  close(reason: HostError): void {
    if (!this.alive) return;
    void this.#home.send({ t: "close", isolate: this.number });
    this.end(reason, false);
  }

  /** It is gone, whether we ended it or it died. */
  end(error: HostError, isCrash: boolean): void {
    if (!this.alive) return;
    this.#state = "ended";
    this.#opening.reject(error);
    for (const [number, call] of this.#calls) {
      this.#release(number);
      call.reject(error);
    }
    this.#ending.resolve({ error, crashed: isCrash });
  }

  /** A checked frame with this isolate's number. Throws HostError `sandbox.protocol` if it is not owed one. */
  handle(frame: IsolateFrame, payload: Uint8Array): void {
    if (!this.alive) return;
    switch (frame.t) {
      case "effect":
        return this.#effects.ask(frame, frame.call === 0 ? null : this.#call(frame.call));
      case "chunk":
        return this.#effects.find(frame.effect)?.chunk(payload);
      case "credit":
        return this.#effects.find(frame.effect)?.credit(frame.bytes);
      case "end":
        return this.#effects.find(frame.effect)?.end(frame.failure);
      case "cancel":
        return this.#effects.find(frame.effect)?.cancel();
      case "result":
        return this.#settle(frame);
      case "update":
        return this.#call(frame.call)?.update(frame.text);
      case "console":
        return this.#home.onConsole(frame.level, frame.text);
      case "opened":
        return this.#loaded(frame.ok, frame.error);
      case "crash":
        return this.end(crashed(this.plugin.id, frame.reason), true);
    }
  }

  #loaded(ok: boolean, error: PluginFailure | undefined): void {
    if (this.#state !== "opening") throw protocolError("it opened an isolate twice");
    if (!ok) return this.close(thrown(`Cannot load "${this.plugin.id}"`, error));
    this.#state = "open";
    this.#opening.resolve();
  }

  #settle(frame: Extract<SandboxFrame, { t: "result" }>): void {
    const call = this.#call(frame.call);
    if (call === null) return;
    this.#release(frame.call);
    if (frame.ok) call.resolve(frame.value);
    else call.reject(thrown(`"${call.spec.name || this.plugin.id}" failed`, frame.error, call));
  }

  /** Null for a call that has ended; one of another isolate, or one that never was, is a breach. */
  #call(number: number): OpenCall | null {
    const call = this.#calls.get(number);
    if (call !== undefined) return call;
    const holder = this.#home.callHolder(number);
    if (holder !== "ended") throw protocolError(`it named the call ${number}, which is not this isolate's`);
    return null;
  }

  #release(number: number): void {
    this.#calls.delete(number);
    this.#home.releaseCall(number);
    clearTimeout(this.#graces.get(number));
    this.#graces.delete(number);
    // Not within the frame's own handling: whoever waits for this call is answered first.
    if (this.#ripe !== null && !this.#hasLiveCalls()) setImmediate(() => this.#harvest());
  }

  #harvest(): void {
    if (this.#ripe !== null && !this.#hasLiveCalls()) this.close(this.#ripe);
  }

  /** The plugin is asked to stop, and has a moment to do so; its caller may have the answer already. */
  #hurry(number: number, reason: HostError, graceMs = this.#home.limits.abortGraceMs): void {
    void this.#home.send({ t: "abort", isolate: this.number, call: number, reason: reason.message });
    const overrun = crashed(this.plugin.id, "it went on after its call had been stopped");
    this.#graces.set(
      number,
      setTimeout(() => this.#overran(number, overrun), graceMs),
    );
  }

  /**
   * A call that does not end when it is told to takes its isolate with it. Requests of strangers share one, though: there
   * the others come to their end first, unless too many hang.
   */
  #overran(number: number, overrun: HostError): void {
    const isRoute = this.#calls.get(number)?.spec.entry === "route";
    this.#hanging += 1;
    if (isRoute && this.#hasLiveCalls() && this.#hanging < this.#home.limits.hangingCalls)
      this.#ripe = overrun;
    else this.close(overrun);
  }

  #hasLiveCalls(): boolean {
    return [...this.#calls.values()].some((call) => !call.settled);
  }
}

export function crashed(plugin: string, reason: string): HostError {
  return new HostError("plugin.crashed", `"${plugin}" was ended: ${reason}`, {
    fix: "It is started again with the next call",
  });
}

/** The plugin's own words; a refused effect that it let through is told in the host's words, with its fix. */
function thrown(what: string, error: PluginFailure | undefined, call?: OpenCall): HostError {
  const { failure } = error ?? {};
  const isRefusal = failure?.code === "denied" && call?.wasRefused(failure) === true;
  const { message, fix } = failure === undefined || (failure.code === "denied" && !isRefusal) ? {} : failure;
  const own = error === undefined ? "no reason given" : `${error.name}: ${error.message}`;
  const isPassedOn = error !== undefined && error.message === message;
  return new HostError(
    isRefusal && isPassedOn ? "effect.denied" : "plugin.failed",
    isPassedOn ? error.message : `${what}: ${own}`,
    {
      ...(fix === undefined ? {} : { fix }),
      ...(error?.stack === undefined ? {} : { cause: error.stack }),
    },
  );
}
