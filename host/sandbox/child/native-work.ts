/**
 * Native work of one isolate: jobs on other threads, small operations at once, and what both keep for it.
 *
 * Guarantees that an isolate has no more under way than it may, that work which blocks the thread of all is small
 * and rationed, and that what it holds goes with it. A message that an honest runtime does not send throws
 * `sandbox.protocol`.
 */
import { HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import { NATIVE } from "#host/base/limits.ts";
import type { Inward, NativeResult } from "#host/edge/door-protocol.ts";
import { NativeHandles, type SharedHandles } from "./native-handles.ts";
import { NativeLanes } from "./native-lanes.ts";
import { questionOf } from "./native.ts";
import {
  failureOf,
  NativeRefusal,
  parseTask,
  type NativeAnswer,
  type NativeTask,
} from "./native-operation.ts";
import { JOBS, AT_ONCE } from "./native-operations.ts";
import { TimeBudget } from "./time-budget.ts";

/** What all isolates of this process share of it. */
export interface SharedNative extends SharedHandles {
  readonly lanes: NativeLanes;
  /** Bytes of all jobs that wait or run. */
  readonly bytes: { used: number };
  /** Of the thread that answers at once. */
  readonly time: TimeBudget;
}

export function createSharedNative(): SharedNative {
  return {
    lanes: new NativeLanes(),
    bytes: { used: 0 },
    time: new TimeBudget(NATIVE.syncBurstMs, NATIVE.syncMsPerProcessSecond, now),
    keys: { used: 0 },
    states: { used: 0 },
  };
}

const now = () => performance.now();
const MIB = 1024 * 1024;

interface Finished {
  readonly result: NativeResult;
  readonly bytes: ArrayBuffer;
}

interface Job {
  readonly bytes: number;
  held: boolean;
  finished: Finished | null;
}

export class NativeWork {
  readonly #shared: SharedNative;
  readonly #enter: (message: Inward, bytes?: ArrayBuffer) => void;
  readonly #handles: NativeHandles;
  readonly #jobs = new Map<number, Job>();
  readonly #time = new TimeBudget(NATIVE.syncBurstMs, NATIVE.syncMsPerSecond, now);
  #bytes = 0;
  #gone = false;

  constructor(shared: SharedNative, enter: (message: Inward, bytes?: ArrayBuffer) => void) {
    this.#shared = shared;
    this.#enter = enter;
    this.#handles = new NativeHandles(shared);
  }

  /** Answers a question, or a message about native work; undefined for any other. */
  hear(message: JsonObject, bytes: ArrayBuffer): unknown {
    const question = questionOf(message, bytes);
    if (question !== undefined) return this.#hasTime() && this.#timed(bytes.byteLength, question);
    switch (message.t) {
      case "now":
        return now();
      case "native":
        return this.#doNow(message, bytes);
      case "native.turn":
        return this.#hasTime();
      case "job":
        return this.#begin(message, bytes);
      case "job.done":
        return this.#done(numberOf(message.job));
      case "job.bytes":
        return this.#takeBytes(numberOf(message.job));
      case "free":
        return this.#free(message);
      default:
        return undefined;
    }
  }

  close(): void {
    this.#gone = true;
    this.#shared.lanes.drop(this);
    for (const number of this.#jobs.keys()) this.#forget(number);
    this.#handles.freeAll();
  }

  /** False where the isolate has had its share of the thread: it asks again. */
  #doNow(message: JsonObject, bytes: ArrayBuffer): ArrayBuffer | string | false {
    if (bytes.byteLength > NATIVE.syncBytes) throw broken("more bytes at once than it may");
    const task = parseTask(AT_ONCE, message, bytes, this.#handles);
    return this.#hasTime() && this.#timed(bytes.byteLength, () => resultOf(task));
  }

  /** Counts what the work took of the thread, and what carrying bytes and text to it and back takes. */
  #timed<Answer extends ArrayBuffer | string | null>(bytes: number, work: () => Answer): Answer {
    const start = now();
    const answer = work();
    const back = typeof answer === "string" ? answer.length : (answer?.byteLength ?? 0);
    const ms = now() - start + ((bytes + back) / MIB) * NATIVE.syncMsPerMiB;
    this.#time.spend(ms);
    this.#shared.time.spend(ms);
    return answer;
  }

  #hasTime(): boolean {
    return this.#time.has() && this.#shared.time.has();
  }

  #begin(message: JsonObject, bytes: ArrayBuffer): null {
    const number = numberOf(message.job);
    const held = message.held === true;
    if (this.#jobs.has(number)) throw broken(`the job number ${number} twice`);
    if (this.#jobs.size >= NATIVE.jobs) throw broken("more jobs than it may have");
    if (this.#bytes + bytes.byteLength > NATIVE.jobBytes) throw broken("more bytes in jobs than it may");
    const task = parseTask(JOBS, message, bytes, this.#handles);
    this.#jobs.set(number, { bytes: bytes.byteLength, held, finished: null });
    this.#count(bytes.byteLength);
    if (this.#shared.bytes.used > NATIVE.jobBytesPerProcess) {
      this.#finish(number, failure(new NativeRefusal("Too much native work is waiting: try again later")));
    } else {
      this.#shared.lanes.add(this, task.heavy, () => this.#run(number, () => task.run()));
    }
    return null;
  }

  async #run(number: number, run: () => NativeAnswer | Promise<NativeAnswer>): Promise<void> {
    if (this.#gone) return;
    try {
      const answer = await run();
      this.#finish(number, success(answer), answer.bytes);
    } catch (thrown) {
      this.#finish(number, failure(thrown));
    }
  }

  #finish(number: number, result: NativeResult, bytes?: Uint8Array): void {
    const job = this.#jobs.get(number);
    if (this.#gone || job === undefined) return;
    const finished = { result, bytes: bytes === undefined ? new ArrayBuffer(0) : ownBuffer(bytes) };
    if (job.held) job.finished = finished;
    else this.#tell(number, finished);
  }

  #tell(number: number, { result, bytes }: Finished): void {
    this.#forget(number);
    this.#enter({ t: "job", job: number, ...result }, bytes);
  }

  #done(number: number): string | null {
    const finished = this.#held(number).finished;
    return finished === null ? null : JSON.stringify(finished.result);
  }

  #takeBytes(number: number): ArrayBuffer {
    const { finished } = this.#held(number);
    if (finished === null) throw broken("the bytes of a job that is under way");
    this.#forget(number);
    return finished.bytes;
  }

  #held(number: number): Job {
    const job = this.#jobs.get(number);
    if (job === undefined || !job.held) throw broken("a job that it does not hold");
    return job;
  }

  #free({ keys, states, jobs }: JsonObject): null {
    for (const key of numbersOf(keys)) this.#handles.keys.free(key);
    for (const state of numbersOf(states)) this.#handles.freeState(state);
    for (const job of numbersOf(jobs)) this.#release(job);
    return null;
  }

  /** Nobody waits for it any more. It counts until it is done, and then it is told like any other. */
  #release(number: number): void {
    const job = this.#held(number);
    job.held = false;
    if (job.finished !== null) this.#tell(number, job.finished);
  }

  #forget(number: number): void {
    const job = this.#jobs.get(number);
    if (job === undefined) return;
    this.#jobs.delete(number);
    this.#count(-job.bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#shared.bytes.used += bytes;
  }
}

function resultOf(task: NativeTask): ArrayBuffer | string {
  try {
    const answer = task.run();
    if (answer instanceof Promise) throw new TypeError("An operation at once cannot be waited for");
    return answer.bytes === undefined ? JSON.stringify(success(answer)) : ownBuffer(answer.bytes);
  } catch (thrown) {
    return JSON.stringify(failure(thrown));
  }
}

function success(answer: NativeAnswer): NativeResult {
  return { ok: true, value: answer.value ?? null };
}

function failure(thrown: unknown): NativeResult {
  return { ok: false, error: failureOf(thrown) };
}

/** Whole and alone, as it is given away: what Node makes may lie in memory that others share. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function numberOf(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw broken("a number that is none");
}

function numbersOf(value: unknown): number[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw broken("a list that is none");
  return value.map(numberOf);
}

function broken(rule: string): HostError {
  return new HostError("sandbox.protocol", `Cannot do native work: it asked for ${rule}`);
}
