/**
 * One call into an isolate while it is under way.
 *
 * Guarantees that it settles exactly once: with the plugin's value or error, when its deadline passes, when
 * its signal fires, or when its isolate dies; and that its effects end with it. Whoever waits is answered at
 * once; the plugin gets a short grace to answer an abort, for which `onEarlyEnd` starts the clock. A call with
 * `stopGraceMs` is told to stop instead: it may still do effects while it comes to its end.
 */
import type { CallPort, EffectFailure } from "#host/base/effect.ts";
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import type { JsonValue } from "#host/base/json.ts";
import type { CallFrame } from "#host/pipe/protocol.ts";
import type { PluginCode } from "./contract.ts";
import { Deadline } from "./deadline.ts";
import type { OpenEffect } from "./open-effect.ts";

export interface CallSpec {
  readonly entry: CallFrame["entry"];
  readonly name: string;
  readonly args: JsonValue;
  /** Run and tool call that its effects are counted for; null for what no run caused. */
  readonly run: string | null;
  readonly callId: string | null;
  readonly signal: AbortSignal;
  readonly onUpdate: (text: string) => void;
  /** The other side of the call; only its effects may be asked for. */
  readonly port?: CallPort;
  /** Set for a call that goes on until it is told to stop: it has no deadline, and so long to come to its end. */
  readonly stopGraceMs?: number;
}

/** Refusals that are remembered: the one that a call fails with is among its last. */
const MAX_REFUSALS = 64;

export class OpenCall {
  readonly spec: CallSpec;
  readonly outcome: Promise<JsonValue>;
  readonly #settlement = Promise.withResolvers<JsonValue>();
  readonly #deadline: Deadline | null;
  readonly #effects = new Set<OpenEffect>();
  readonly #onEarlyEnd: (reason: HostError, graceMs?: number) => void;
  /** What the host refused on its behalf, as its plugin was told; the latest. */
  readonly #refusals = new Set<string>();
  #settled = false;

  constructor(
    spec: CallSpec,
    plugin: PluginCode,
    clock: Clock,
    onEarlyEnd: (reason: HostError, graceMs?: number) => void,
  ) {
    this.spec = spec;
    this.outcome = this.#settlement.promise;
    this.#onEarlyEnd = onEarlyEnd;
    const late = () => this.#endEarly(pastDeadline(plugin, spec));
    this.#deadline = spec.stopGraceMs === undefined ? new Deadline(clock, plugin.deadlineMs, late) : null;
    spec.signal.addEventListener("abort", this.#stopped);
  }

  get settled(): boolean {
    return this.#settled;
  }

  pauseDeadline(): () => void {
    return this.#deadline?.pause() ?? (() => {});
  }

  noteRefusal(failure: EffectFailure): void {
    if (failure.code !== "denied") return;
    this.#refusals.add(refusalKey(failure));
    const [oldest] = this.#refusals;
    if (this.#refusals.size > MAX_REFUSALS && oldest !== undefined) this.#refusals.delete(oldest);
  }

  /** Whether these are the host's own words. A sandbox that was taken over could say anything in their place. */
  wasRefused(failure: EffectFailure): boolean {
    return this.#refusals.has(refusalKey(failure));
  }

  addEffect(effect: OpenEffect): void {
    this.#effects.add(effect);
  }

  removeEffect(effect: OpenEffect): void {
    this.#effects.delete(effect);
  }

  update(text: string): void {
    if (!this.#settled) this.spec.onUpdate(text);
  }

  resolve(value: JsonValue): void {
    if (this.#settle(new HostError("aborted", "The call has ended"))) this.#settlement.resolve(value);
  }

  reject(error: HostError): void {
    if (this.#settle(error)) this.#settlement.reject(error);
  }

  readonly #stopped = () => {
    const { entry, stopGraceMs } = this.spec;
    const reason = new HostError(
      "aborted",
      entry === "tool" ? "The turn was stopped" : "It was told to stop",
    );
    if (stopGraceMs === undefined) this.#endEarly(reason);
    else this.#onEarlyEnd(reason, stopGraceMs);
  };

  #endEarly(reason: HostError): void {
    if (this.#settled) return;
    this.reject(reason);
    this.#onEarlyEnd(reason);
  }

  #settle(reason: HostError): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#deadline?.clear();
    this.spec.signal.removeEventListener("abort", this.#stopped);
    for (const effect of this.#effects) effect.abort(reason);
    return true;
  }
}

function refusalKey({ message, fix }: EffectFailure): string {
  return JSON.stringify([message, fix ?? null]);
}

function pastDeadline({ id, deadlineMs }: PluginCode, { entry, name }: CallSpec): HostError {
  const what = entry === "tool" ? `"${name}" of "${id}"` : `"${id}"`;
  return new HostError(
    "plugin.deadline",
    `Cannot wait longer for ${what}: its deadline is ${deadlineMs} ms`,
    {
      fix: "Try again, or raise permissions.limits.deadlineMs in its manifest",
    },
  );
}
