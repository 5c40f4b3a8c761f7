/**
 * Native work, as the runtime asks the child for it: at once, as a job, or as a job that is waited for.
 *
 * Jobs that the child does not take yet wait here, in this isolate's own memory; bytes are copied when a job is
 * asked for, so that a caller may change its own. A failure is an error like the one that the native code gave.
 */
import { joinBytes, ownBuffer } from "./bytes.ts";
import { currentCall, enterCall } from "./current-call.ts";
import { QuotaExceededError } from "./dom-exception.ts";
import { ask, post } from "./door.ts";
import { limits } from "./limits.ts";
import { askInTurn, busy, pass } from "./turn.ts";
import type { NativeFailure, NativeRequest, NativeResult } from "./door-protocol.ts";
import type { JsonObject, JsonValue } from "#host/base/json.ts";

export interface NativeOutcome {
  readonly value: JsonValue;
  readonly bytes: Uint8Array;
}

/** Bytes by name; those that are undefined are left out. */
export type NativeParts = Readonly<Record<string, Uint8Array | undefined>>;

interface Waiting {
  readonly job: number;
  readonly call: number;
  readonly request: NativeRequest;
  readonly bytes: Uint8Array;
  readonly resolve: (outcome: NativeOutcome) => void;
  readonly reject: (reason: unknown) => void;
}

const NOTHING = new Uint8Array(0);
const { parse } = JSON;
const { now } = Date;
/** Not asked from the child yet. */
const queue: Waiting[] = [];
/** Asked for: their bytes, and who waits; nobody does for one that was given up. */
const open = new Map<number, { readonly bytes: number; readonly waiting: Waiting | null }>();
let openBytes = 0;
let lastJob = 0;

/** Small work, done at once. Throws the failure, or a QuotaExceededError for more bytes than `syncBytes`. */
export function nativeNow(op: string, args: JsonObject, parts: NativeParts = {}): NativeOutcome {
  const { request, bytes } = pack(op, args, parts);
  checkSize(bytes.byteLength, limits().native.syncBytes);
  const buffer = ownBuffer(bytes);
  const answer = askInTurn({ t: "native", ...request }, buffer);
  if (typeof answer === "string") return outcomeOf(parse(answer) as NativeResult, NOTHING);
  return bytesOutcome(answer);
}

/** Work on another thread. Rejects with the failure. */
export function nativeJob(op: string, args: JsonObject, parts: NativeParts = {}): Promise<NativeOutcome> {
  const { request, bytes } = pack(op, args, parts);
  checkSize(bytes.byteLength, limits().native.jobBytes);
  return new Promise((resolve, reject) => {
    queue.push({ job: ++lastJob, call: currentCall(), request, bytes, resolve, reject });
    pump();
  });
}

/** The same, waited for without a pause: only this isolate stands still. Throws after `waitMs`. */
export function nativeWait(op: string, args: JsonObject, parts: NativeParts = {}): NativeOutcome {
  const { request, bytes } = pack(op, args, parts);
  checkSize(bytes.byteLength, limits().native.jobBytes);
  if (!fits(bytes.byteLength)) throw busy("too many asynchronous ones are under way");
  const job = ++lastJob;
  begin(job, bytes.byteLength, null);
  post({ t: "job", job, held: true, ...request }, ownBuffer(bytes));
  const result = awaitResult(job);
  if (result === null) {
    post({ t: "free", jobs: [job] });
    throw busy(`it takes longer than ${limits().native.waitMs} ms; use the asynchronous form`);
  }
  const made = new Uint8Array(ask({ t: "job.bytes", job }) as ArrayBuffer);
  end(job);
  return outcomeOf(result, made);
}

/** Tells the child that a job's result came; called for each by the in door. */
export function settleJob(job: number, result: NativeResult, bytes: ArrayBuffer): void {
  const waiting = open.get(job)?.waiting;
  end(job);
  if (waiting !== null && waiting !== undefined) {
    enterCall(waiting.call);
    if (result.ok) waiting.resolve({ value: result.value, bytes: new Uint8Array(bytes) });
    else waiting.reject(nativeError(result.error));
  }
  pump();
}

function pump(): void {
  for (let next = queue[0]; next !== undefined && fits(next.bytes.byteLength); next = queue[0]) {
    queue.shift();
    begin(next.job, next.bytes.byteLength, next);
    post({ t: "job", job: next.job, held: false, ...next.request }, ownBuffer(next.bytes));
  }
}

function fits(bytes: number): boolean {
  const { jobs, jobBytes } = limits().native;
  return open.size < jobs && openBytes + bytes <= jobBytes;
}

function begin(job: number, bytes: number, waiting: Waiting | null): void {
  open.set(job, { bytes, waiting });
  openBytes += bytes;
}

function end(job: number): void {
  openBytes -= open.get(job)?.bytes ?? 0;
  open.delete(job);
}

/** The first questions come one upon the other: most work is done within a fraction of a millisecond. */
const QUICK_QUESTIONS = 20;

function awaitResult(job: number): NativeResult | null {
  const until = now() + limits().native.waitMs;
  for (let asked = 0; now() < until; asked++) {
    const answer = ask({ t: "job.done", job });
    if (typeof answer === "string") return parse(answer) as NativeResult;
    if (asked >= QUICK_QUESTIONS) pass(now() + 1);
  }
  return null;
}

function pack(op: string, args: JsonObject, given: NativeParts) {
  const parts: Record<string, number> = {};
  const all: Uint8Array[] = [];
  for (const [name, bytes] of Object.entries(given)) {
    if (bytes === undefined) continue;
    parts[name] = bytes.byteLength;
    all.push(bytes);
  }
  const joined = joinBytes(all);
  return { request: { op, args, parts }, bytes: all.includes(joined) ? joined.slice() : joined };
}

function checkSize(bytes: number, limit: number): void {
  if (bytes <= limit) return;
  throw new QuotaExceededError(`Cannot take ${bytes} bytes: the limit is ${limit}`, {
    quota: limit,
    requested: bytes,
  });
}

function bytesOutcome(answer: unknown): NativeOutcome {
  return { value: null, bytes: new Uint8Array(answer as ArrayBuffer) };
}

function outcomeOf(result: NativeResult, bytes: Uint8Array): NativeOutcome {
  if (result.ok) return { value: result.value, bytes };
  throw nativeError(result.error);
}

const DOM_NAMES = new Set([
  "AbortError",
  "DataError",
  "InvalidAccessError",
  "InvalidStateError",
  "NotSupportedError",
  "OperationError",
  "SyntaxError",
]);

function nativeError({ name, message, code }: NativeFailure): Error {
  if (code === undefined && name === "QuotaExceededError") return new QuotaExceededError(message);
  if (code === undefined && DOM_NAMES.has(name)) return new DOMException(message, name);
  const Kind = name === "TypeError" ? TypeError : name === "RangeError" ? RangeError : Error;
  return Object.assign(new Kind(message), code === undefined ? {} : { code });
}
