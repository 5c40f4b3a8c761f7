/**
 * The host's handle on one isolate: one version of one plugin, serving one session or none.
 *
 * Guarantees that the identity of everything the isolate does comes from this handle and the call that the
 * host opened, that a frame which names what the isolate does not own ends its process, and that all its
 * calls and effects end when it does. Frames for what has just ended are late, not wrong, and dropped: effect
 * numbers only ever rise, so the two can be told apart.
 */
import type { Clock } from "#host/base/clock.ts";
import type { EffectIdentity, EffectRequest, PerformEffect } from "#host/base/effect.ts";
import { HostError } from "#host/base/errors.ts";
import type { JsonValue } from "#host/base/json.ts";
import type { HostFrame, PluginFailure, SandboxFrame } from "#host/pipe/protocol.ts";
import type { PluginCode } from "./contract.ts";
import type { SandboxLimits } from "./limits.ts";
import { protocolError } from "./link.ts";
import { OpenCall, type CallSpec } from "./open-call.ts";
import { OpenEffect } from "./open-effect.ts";

export type ConsoleLevel = "debug" | "info" | "warn" | "error";

/** What an isolate needs of the process that it lives in. */
export interface IsolateHome {
  readonly perform: PerformEffect;
  readonly clock: Clock;
  readonly limits: SandboxLimits;
  send(header: HostFrame, payload?: Uint8Array): Promise<void> | void;
  /** The number of a new call; numbers of one process are never used twice. */
  nextCall(): number;
  /** Whether this number was ever given to a call of this isolate's process, and by whom it is still held. */
  callHolder(call: number): number | "ended" | "never";
  releaseCall(call: number): void;
  holdCall(call: number, isolate: number): void;
  onConsole(level: ConsoleLevel, text: string): void;
  onFault(error: HostError): void;
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
  readonly #effects = new Map<number, OpenEffect>();
  /** Stopped calls whose plugin has yet to answer. */
  readonly #graces = new Map<number, ReturnType<typeof setTimeout>>();
  #lastEffect = -1;
  #state: "opening" | "open" | "ended" = "opening";

  constructor(number: number, plugin: PluginCode, session: string | null, home: IsolateHome) {
    this.number = number;
    this.plugin = plugin;
    this.session = session;
    this.#home = home;
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
    const call = new OpenCall(spec, this.plugin, this.#home.clock, (reason) => this.#hurry(number, reason));
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
        return this.#openEffect(frame.effect, frame.call, frame.request);
      case "chunk":
        return this.#effect(frame.effect)?.chunk(payload);
      case "credit":
        return this.#effect(frame.effect)?.credit(frame.bytes);
      case "end":
        return this.#effect(frame.effect)?.end(frame.failure);
      case "cancel":
        return this.#effect(frame.effect)?.cancel();
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
    else call.reject(thrown(`"${call.spec.name || this.plugin.id}" failed`, frame.error));
  }

  #openEffect(number: number, callNumber: number, request: EffectRequest): void {
    if (number <= this.#lastEffect) throw protocolError(`it used the effect number ${number} again`);
    this.#lastEffect = number;
    const call = callNumber === 0 ? null : this.#call(callNumber);
    const name = { isolate: this.number, effect: number };
    const refusal = this.#refusal(call, request);
    if (refusal !== null || call === null) {
      const failure = refusal ?? noCall(request);
      return void this.#home.send({ t: "reply", ...name, ok: false, failure });
    }
    const effect = new OpenEffect({
      ...name,
      request,
      send: (header, payload) => this.#home.send(header, payload),
      perform: (body, signal) =>
        this.#home.perform(this.#identity(call.spec), request, {
          body,
          signal,
          pauseDeadline: () => call.pauseDeadline(),
        }),
      onDone: () => {
        this.#effects.delete(number);
        call.removeEffect(effect);
      },
      onFault: (error) => this.#home.onFault(error),
    });
    this.#effects.set(number, effect);
    call.addEffect(effect);
    void effect.run();
  }

  #refusal(call: OpenCall | null, request: EffectRequest) {
    if (call === null || call.settled) return noCall(request);
    const { openEffects } = this.#home.limits;
    if (this.#effects.size < openEffects) return null;
    const message = `Cannot do ${request.kind}: ${openEffects} effects are open already`;
    return { code: "denied", message, fix: "Finish or cancel one first" } as const;
  }

  #identity(spec: CallSpec): EffectIdentity {
    return { plugin: this.plugin.id, session: this.session, run: spec.run, call: spec.callId };
  }

  /** Null for an effect that has ended; one that never was is a breach. */
  #effect(number: number): OpenEffect | null {
    if (number > this.#lastEffect)
      throw protocolError(`it named the effect ${number}, which it never asked for`);
    return this.#effects.get(number) ?? null;
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
  }

  /** The caller has its answer; the plugin is asked to stop, and has a moment to do so. */
  #hurry(number: number, reason: HostError): void {
    void this.#home.send({ t: "abort", isolate: this.number, call: number, reason: reason.message });
    const overrun = crashed(this.plugin.id, "it went on after its call had been stopped");
    this.#graces.set(
      number,
      setTimeout(() => this.close(overrun), this.#home.limits.abortGraceMs),
    );
  }
}

export function crashed(plugin: string, reason: string): HostError {
  return new HostError("plugin.crashed", `"${plugin}" was ended: ${reason}`, {
    fix: "It is started again with the next call",
  });
}

function noCall(request: EffectRequest) {
  return { code: "aborted", message: `Cannot do ${request.kind}: no call is under way` } as const;
}

/** The plugin's own words; a denied effect that it let through keeps its fix. */
function thrown(what: string, error: PluginFailure | undefined): HostError {
  const reason = error === undefined ? "no reason given" : `${error.name}: ${error.message}`;
  const fix = error?.failure?.fix;
  return new HostError("plugin.failed", `${what}: ${reason}`, {
    ...(fix === undefined ? {} : { fix }),
    ...(error?.stack === undefined ? {} : { cause: error.stack }),
  });
}
