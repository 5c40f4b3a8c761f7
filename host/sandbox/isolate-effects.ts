/**
 * The effects of one isolate: numbered by the isolate, named by the host.
 *
 * Guarantees that an effect's identity is the plugin and session of the isolate and the call that the host
 * opened, and that only so many are open at once. Numbers only ever rise, so a frame that comes late for an
 * effect which has ended can be told from one for an effect that never was: the first is dropped, the second
 * ends the process.
 */
import type { EffectFailure, EffectIdentity, EffectRequest, PerformEffect } from "#host/base/effect.ts";
import type { HostError } from "#host/base/errors.ts";
import type { EffectFrame, HostFrame } from "#host/pipe/protocol.ts";
import type { SandboxLimits } from "./limits.ts";
import { protocolError } from "./link.ts";
import type { OpenCall } from "./open-call.ts";
import { OpenEffect } from "./open-effect.ts";

/** What effects need of the process that their isolate lives in. */
export interface EffectsHome {
  readonly perform: PerformEffect;
  readonly limits: SandboxLimits;
  send(header: HostFrame, payload?: Uint8Array): Promise<void> | void;
  onFault(error: HostError): void;
}

export class IsolateEffects {
  readonly #plugin: string;
  readonly #session: string | null;
  readonly #home: EffectsHome;
  readonly #open = new Map<number, OpenEffect>();
  #last = -1;

  constructor(plugin: string, session: string | null, home: EffectsHome) {
    this.#plugin = plugin;
    this.#session = session;
    this.#home = home;
  }

  /** Null for an effect that has ended. Throws HostError `sandbox.protocol` for one that never was. */
  find(number: number): OpenEffect | null {
    if (number > this.#last) throw protocolError(`it named the effect ${number}, which it never asked for`);
    return this.#open.get(number) ?? null;
  }

  /** Starts an effect on behalf of a call, or refuses it; null if its call has ended or it has none. */
  ask(frame: EffectFrame, call: OpenCall | null): void {
    const { isolate, effect, request } = frame;
    if (effect <= this.#last) throw protocolError(`it used the effect number ${effect} again`);
    this.#last = effect;
    if (call === null || call.settled) return this.#refuse(frame, noCall(request));
    if (this.#open.size >= this.#home.limits.openEffects) {
      const failure = this.#tooMany(request);
      call.noteRefusal(failure);
      return this.#refuse(frame, failure);
    }
    const opened: OpenEffect = new OpenEffect({
      isolate,
      effect,
      request,
      send: (header, payload) => this.#home.send(header, payload),
      perform: async (body, signal) => {
        const pauseDeadline = () => call.pauseDeadline();
        const { port } = call.spec;
        const context = { body, signal, pauseDeadline, ...(port === undefined ? {} : { port }) };
        const reply = await this.#home.perform(this.#identityOf(call), request, context);
        if (!reply.ok) call.noteRefusal(reply.failure);
        return reply;
      },
      onDone: () => {
        this.#open.delete(effect);
        call.removeEffect(opened);
      },
      onFault: (error) => this.#home.onFault(error),
    });
    this.#open.set(effect, opened);
    call.addEffect(opened);
    void opened.run();
  }

  #identityOf({ spec }: OpenCall): EffectIdentity {
    return { plugin: this.#plugin, session: this.#session, run: spec.run, call: spec.callId };
  }

  #refuse({ isolate, effect }: EffectFrame, failure: EffectFailure): void {
    void this.#home.send({ t: "reply", isolate, effect, ok: false, failure });
  }

  #tooMany(request: EffectRequest): EffectFailure {
    const message = `Cannot do ${request.kind}: ${this.#home.limits.openEffects} effects are open already`;
    return { code: "denied", message, fix: "Finish or cancel one first" };
  }
}

function noCall(request: EffectRequest): EffectFailure {
  return { code: "aborted", message: `Cannot do ${request.kind}: no call is under way` };
}
