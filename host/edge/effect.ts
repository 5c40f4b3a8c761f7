/**
 * One effect: a request to the broker, its answer, and a stream of bytes each way.
 *
 * Guarantees that an effect ends once: refused, read to its end, broken, or cancelled. After that nothing more
 * is sent for it. Both streams keep to the credit that the other side gave.
 */
import { currentCall, enterCall } from "./current-call.ts";
import { post } from "./door.ts";
import { whyNotSent } from "./effect-bounds.ts";
import { effectError, type EffectFailure } from "./failure.ts";
import { createIncoming, type Incoming } from "./incoming.ts";
import { limits } from "./limits.ts";
import { createOutgoing, type ByteSource, type Outgoing } from "./outgoing.ts";
import type { EffectFrame, ReplyFrame } from "#host/pipe/protocol.ts";
import type { ReadableStream } from "web-streams-polyfill";

export interface EffectReply {
  readonly head: ReplyFrame["head"];
  readonly body: ReadableStream<Uint8Array> | null;
}

export interface EffectOptions {
  readonly request: EffectFrame["request"];
  /** What the plugin sends; null if nothing. */
  readonly body: ByteSource | null;
  readonly signal: AbortSignal | null;
  /** The class of error that a refusal rejects with. */
  readonly errorKind: ErrorConstructor | TypeErrorConstructor;
  /** Called once, when nothing more is sent or comes. */
  readonly onEnd?: () => unknown;
}

interface OpenEffect {
  readonly call: number;
  readonly options: EffectOptions;
  readonly outgoing: Outgoing | null;
  incoming: Incoming | null;
  readonly resolve: (reply: EffectReply) => void;
  readonly reject: (reason: unknown) => void;
  readonly stopListening: () => void;
}

const open = new Map<number, OpenEffect>();
let lastEffect = 0;

/** Asks for an effect and answers its reply. Rejects with `effectError`, or with the signal's reason. */
export function performEffect(options: EffectOptions): Promise<EffectReply> {
  options.signal?.throwIfAborted();
  if (open.size >= limits().openEffects) {
    const message = `Cannot start another effect: ${open.size} are open, the limit is ${limits().openEffects}`;
    throw effectError({ code: "invalid", message, fix: "Wait for one to end" }, options.errorKind);
  }
  const wrong = whyNotSent(options.request);
  if (wrong !== null) throw effectError(wrong, options.errorKind);
  const id = ++lastEffect;
  const call = currentCall();
  return new Promise((resolve, reject) => {
    const onAbort = () => cancelEffect(id, options.signal?.reason);
    options.signal?.addEventListener("abort", onAbort);
    const stopListening = () => options.signal?.removeEventListener("abort", onAbort);
    const giveUp = (reason: unknown) => cancelEffect(id, reason);
    const outgoing = options.body === null ? null : createOutgoing(id, options.body, giveUp);
    open.set(id, { call, options, outgoing, incoming: null, resolve, reject, stopListening });
    post({ t: "effect", effect: id, call, request: options.request });
    outgoing?.start();
  });
}

/** Gives an effect up: the host is told, and everything that waits for it fails with the reason. */
function cancelEffect(id: number, reason: unknown): void {
  if (fail(id, reason)) post({ t: "cancel", effect: id });
}

/** Forgets an effect; nothing more is sent for it. */
function close(id: number): OpenEffect | undefined {
  const effect = open.get(id);
  open.delete(id);
  effect?.stopListening();
  effect?.outgoing?.stop();
  effect?.options.onEnd?.();
  return effect;
}

/** Forgets an effect that failed: whoever waits for it or reads from it is told. */
function fail(id: number, reason: unknown): boolean {
  const effect = close(id);
  effect?.reject(reason);
  effect?.incoming?.fail(reason);
  return effect !== undefined;
}

function entered(id: number): OpenEffect | undefined {
  const effect = open.get(id);
  if (effect !== undefined) enterCall(effect.call);
  return effect;
}

export function receiveReply(id: number, head: ReplyFrame["head"], hasBody: boolean): void {
  const effect = entered(id);
  if (effect === undefined) return;
  if (!hasBody) {
    close(id);
    effect.resolve({ head, body: null });
    return;
  }
  effect.incoming = createIncoming(id, () => cancelEffect(id, cancelled()));
  effect.resolve({ head, body: effect.incoming.stream });
}

export function receiveRefusal(id: number, failure: EffectFailure): void {
  const effect = entered(id);
  if (effect !== undefined) fail(id, effectError(failure, effect.options.errorKind));
}

export function receiveChunk(id: number, bytes: ArrayBuffer): void {
  entered(id)?.incoming?.push(new Uint8Array(bytes));
}

export function receiveEnd(id: number, failure: EffectFailure | undefined): void {
  const effect = entered(id);
  if (effect === undefined) return;
  if (failure !== undefined) {
    fail(id, effectError(failure, effect.options.errorKind));
    return;
  }
  close(id);
  effect.incoming?.end();
}

export function receiveCredit(id: number, bytes: number): void {
  entered(id)?.outgoing?.grant(bytes);
}

function cancelled(): Error {
  return new DOMException("The body was cancelled", "AbortError");
}
