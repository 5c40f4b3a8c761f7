/**
 * `structuredClone` and the cloning of messages (HTML standard, section 2.7).
 *
 * A value is written down as records first, then what is transferred is taken from its owner, then the records are read:
 * a value that cannot be cloned loses nothing. Classes of the platform are refused unless `defineCloning` says how.
 */
import { recordOfBuiltIn } from "./clone-built-ins.ts";
import { recordOfFields, refusal, type CloneRecord, type Read, type Write } from "./clone-record.ts";
import { dictionary } from "./web-idl.ts";

/** How the platform's own classes are cloned or transferred. */
export interface Cloning {
  readonly recognises: (value: object) => boolean;
  /** Absent for what can only be transferred. */
  readonly write?: (value: never, write: Write) => CloneRecord;
  /** Takes the value from its owner and answers what arrives. Absent for what can only be cloned. */
  readonly transfer?: (value: never) => object;
  /** True for what cannot be transferred now: it was before, or is in use. */
  readonly isTaken?: (value: never) => boolean;
}

const clonings: Cloning[] = [];
/** Prototypes of the platform's classes. */
const platform = new WeakSet<object>();

export function defineCloning(cloning: Cloning): void {
  clonings.push(cloning);
}

export function refuseCloning(prototype: object): void {
  platform.add(prototype);
}

export function structuredClone(value: unknown, options: unknown = undefined): unknown {
  if (arguments.length === 0) throw new TypeError("Cannot use structuredClone: it wants a value");
  const { transfer } = dictionary(options, "structuredClone");
  return cloneWithTransfer(value, transfer === undefined ? [] : objectsIn(transfer)).value;
}

/** The list of `postMessage`: it stands alone, or in options under `transfer`. */
export function transferOf(options: unknown): object[] {
  const isObject = (typeof options === "object" && options !== null) || typeof options === "function";
  if (isObject && typeof (options as Partial<Iterable<unknown>>)[Symbol.iterator] === "function") {
    return objectsIn(options);
  }
  const { transfer } = dictionary(options, "postMessage");
  return transfer === undefined ? [] : objectsIn(transfer);
}

function objectsIn(list: unknown): object[] {
  if ((typeof list !== "object" && typeof list !== "function") || list === null) {
    throw new TypeError("Cannot transfer it: it is not a list");
  }
  return [...(list as Iterable<unknown>)].map((each) => {
    if ((typeof each === "object" && each !== null) || typeof each === "function") return each;
    throw new TypeError("Cannot transfer it: a member is not an object");
  });
}

export interface Cloned {
  readonly value: unknown;
  /** In the order of the list. */
  readonly transferred: readonly object[];
}

export function cloneWithTransfer(value: unknown, transfer: readonly object[]): Cloned {
  const memory = new Map<object, CloneRecord>();
  const arrivals = new Map<object, object>();
  for (const original of transfer) {
    checkTransferable(original, memory);
    memory.set(original, { make: () => arrivals.get(original) });
  }
  const record = createWriter(memory)(value);
  for (const original of transfer) checkNotTaken(original);
  const transferred = transfer.map((original) => {
    // What was taken before it may have taken this along: a transform's own sides.
    checkNotTaken(original);
    const arrived = takeFrom(original);
    arrivals.set(original, arrived);
    return arrived;
  });
  return { value: createReader()(record), transferred };
}

function createWriter(memory: Map<object, CloneRecord>): Write {
  const write: Write = (value) => {
    if (typeof value === "symbol") throw refusal("it is a symbol");
    if (typeof value === "function") throw refusal("it is a function");
    if (typeof value !== "object" || value === null) return { make: () => value };
    const known = memory.get(value);
    if (known !== undefined) return known;
    const record: CloneRecord = { make: () => undefined };
    // In the memory before what it holds: a circle leads back to it.
    memory.set(value, record);
    Object.assign(record, recordOf(value, write));
    return record;
  };
  return write;
}

function recordOf(value: object, write: Write): CloneRecord {
  const cloning = clonings.find(({ recognises }) => recognises(value));
  if (cloning?.write !== undefined) return cloning.write(value as never, write);
  if (cloning !== undefined) throw refusal("it can only be transferred");
  const builtIn = recordOfBuiltIn(value, write);
  if (builtIn !== null) return builtIn;
  if (isOfPlatform(value)) throw refusal("it is an object of a class that has no copies");
  return recordOfFields(value, {}, write);
}

function createReader(): Read {
  const made = new Map<CloneRecord, unknown>();
  const read: Read = (record) => {
    if (made.has(record)) return made.get(record);
    const value = record.make(read);
    made.set(record, value);
    record.fill?.(value as never, read);
    return value;
  };
  return read;
}

function checkTransferable(value: object, seen: ReadonlyMap<object, unknown>): void {
  if (seen.has(value)) throw refusal("it is in the list twice");
  if (value instanceof ArrayBuffer) return;
  const cloning = clonings.find(({ recognises }) => recognises(value));
  if (cloning?.transfer === undefined) throw refusal("a member of the list cannot be transferred");
  checkNotTaken(value);
}

function checkNotTaken(value: object): void {
  const cloning = clonings.find(({ recognises }) => recognises(value));
  const isTaken = value instanceof ArrayBuffer ? value.detached : cloning?.isTaken?.(value as never);
  if (isTaken === true) throw refusal("a member of the list was transferred before, or is in use");
}

function takeFrom(value: object): object {
  if (value instanceof ArrayBuffer) return value.transfer();
  const cloning = clonings.find(({ recognises }) => recognises(value));
  return cloning?.transfer?.(value as never) ?? value;
}

function isOfPlatform(value: object): boolean {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (platform.has(at)) return true;
  }
  return false;
}
