/**
 * Where the files of `node:fs` are: `/tmp` in the isolate's memory, everything else in the plugin's own storage.
 *
 * What memory has can be had at once; storage is the host's and takes a while. So one description of each
 * operation, as a generator that asks for values, is driven either way. Refuses storage to the synchronous one.
 */
import { storage } from "./native.ts";
import { fsError } from "./fs-error.ts";

/** What a description may ask for. Keys are paths; a folder's ends with a slash. */
export type Step =
  | { readonly op: "get"; readonly key: string }
  | { readonly op: "set"; readonly key: string; readonly value: Uint8Array }
  | { readonly op: "delete"; readonly key: string }
  | { readonly op: "list"; readonly key: string };

export type Operation<Result> = Generator<Step, Result, never>;

const MEMORY = "/tmp/";
/** Bytes in memory: an isolate's heap is its plugin's to fill, but a full one ends it. */
const MEMORY_BYTES = 16 * 1024 * 1024;
const PREFIX = "fs:";
const memory = new Map<string, Uint8Array>([["/tmp/", new Uint8Array()]]);
let used = 0;

export function isInMemory(path: string): boolean {
  return `${path}/`.startsWith(MEMORY);
}

export function runAtOnce<Result>(operation: Operation<Result>): Result {
  let next = operation.next();
  while (!next.done) next = operation.next(inMemory(atOnce(next.value)) as never);
  return next.value;
}

export async function run<Result>(operation: Operation<Result>): Promise<Result> {
  let next = operation.next();
  while (!next.done) {
    const step = next.value;
    let answer: unknown;
    try {
      answer = isInMemory(step.key) ? inMemory(step) : await inTurn(() => inStorage(step));
    } catch (thrown) {
      next = operation.throw(thrown);
      continue;
    }
    next = operation.next(answer as never);
  }
  return next.value;
}

function atOnce(step: Step): Step {
  if (isInMemory(step.key)) return step;
  const why = "only files below /tmp can be had at once in an isolate; use fs.promises";
  throw fsError("ENOSYS", step.op, step.key, why);
}

function inMemory(step: Step): unknown {
  switch (step.op) {
    case "get":
      return memory.get(step.key);
    case "set":
      return keep(step.key, step.value);
    case "delete":
      used -= memory.get(step.key)?.byteLength ?? 0;
      return memory.delete(step.key);
    case "list":
      return [...memory.keys()].filter((key) => key.startsWith(step.key)).sort();
  }
}

function keep(key: string, value: Uint8Array): void {
  const after = used - (memory.get(key)?.byteLength ?? 0) + value.byteLength;
  if (after > MEMORY_BYTES) throw fsError("ENOSPC", "write", key, `/tmp holds at most ${MEMORY_BYTES} bytes`);
  used = after;
  memory.set(key, value);
}

/** An isolate may have some hundred effects open, and the plugin wants others besides. */
const AT_ONCE = 16;
const waiting: (() => void)[] = [];
let open = 0;

async function inTurn<Result>(effect: () => Promise<Result>): Promise<Result> {
  if (open >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  open += 1;
  try {
    return await effect();
  } finally {
    open -= 1;
    waiting.shift()?.();
  }
}

async function inStorage(step: Step): Promise<unknown> {
  const { get, set, delete: remove, list } = storage();
  switch (step.op) {
    case "get":
      return get<Uint8Array>(PREFIX + step.key);
    case "set":
      return set(PREFIX + step.key, step.value).catch((error: Error & { code?: string }) => {
        throw error.code === "too-large" ? fsError("ENOSPC", "write", step.key, error.message) : error;
      });
    case "delete":
      return remove(PREFIX + step.key);
    case "list":
      return (await list(PREFIX + step.key)).map((key) => key.slice(PREFIX.length));
  }
}
