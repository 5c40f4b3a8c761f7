/** The language's own classes in structured cloning, each recognised by what no other object answers. */
import { recordOfFields, refusal, type CloneRecord, type Write } from "./clone-record.ts";
import { domString } from "./web-idl.ts";

const getter = (target: object, name: string) =>
  Object.getOwnPropertyDescriptor(target, name)?.get as (this: unknown) => unknown;
const mapSize = getter(Map.prototype, "size");
const setSize = getter(Set.prototype, "size");
const mapEntries = Map.prototype.entries;
const setValues = Set.prototype.values;
const bufferLength = getter(ArrayBuffer.prototype, "byteLength");
const viewTag = getter(Object.getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag as never);
/** Throws for a view of memory that is gone. */
const typedAt = Reflect.get(Object.getPrototypeOf(Uint8Array.prototype) as object, "at") as (
  this: unknown,
  index: number,
) => unknown;
const tagOf = (value: object) => Object.prototype.toString.call(value);
const isErrorObject = (Error as { isError?: (value: unknown) => boolean }).isError;

type Constructor = new (...args: unknown[]) => object;

/** Null for what is none of them: an ordinary object. Throws for those that cannot be cloned. */
export function recordOfBuiltIn(value: object, write: Write): CloneRecord | null {
  if (ArrayBuffer.isView(value)) return recordOfView(value, write);
  if (Array.isArray(value)) return recordOfFields(value, { length: value.length }, write);
  if (isErrorObject?.(value) ?? tagOf(value) === "[object Error]") return recordOfError(value as Error);
  const prototype = Object.getPrototypeOf(value) as object | null;
  const isPlain = prototype === Object.prototype || prototype === null;
  if (isPlain && tagOf(value) === "[object Object]") return null;
  return recordOfPrimitiveObject(value) ?? recordOfCollection(value, write) ?? checkOrdinary(value);
}

/** Objects that hold one value. */
function recordOfPrimitiveObject(value: object): CloneRecord | null {
  for (const Kind of [Boolean, Number, String, BigInt] as const) {
    const inner = attempt(() => (Kind.prototype.valueOf as () => unknown).call(value));
    if (inner !== NOTHING) return { make: () => Object(inner) as object };
  }
  if (attempt(() => Symbol.prototype.valueOf.call(value as never)) !== NOTHING) {
    throw refusal("it is a symbol's object");
  }
  const time = attempt(() => Date.prototype.getTime.call(value as Date));
  if (time !== NOTHING) return { make: () => new Date(time as number) };
  return recordOfPattern(value) ?? recordOfBuffer(value);
}

const patternSource = getter(RegExp.prototype, "source");
const patternFlags = getter(RegExp.prototype, "flags");

function recordOfPattern(value: object): CloneRecord | null {
  // The prototype itself answers too, and is no RegExp.
  if (value === RegExp.prototype) return null;
  const source = attempt(() => patternSource.call(value));
  if (source === NOTHING) return null;
  const flags = String(patternFlags.call(value));
  return { make: () => new RegExp(String(source), flags) };
}

function recordOfBuffer(value: object): CloneRecord | null {
  if (attempt(() => bufferLength.call(value)) === NOTHING) return null;
  const buffer = value as ArrayBuffer;
  if (buffer.detached) throw refusal("it is an ArrayBuffer without its memory");
  const { byteLength, resizable, maxByteLength } = buffer;
  const bytes = new Uint8Array(buffer).slice();
  if (!resizable) return { make: () => bytes.buffer };
  return {
    make() {
      const copy = new ArrayBuffer(byteLength, { maxByteLength });
      new Uint8Array(copy).set(bytes);
      return copy;
    },
  };
}

function recordOfView(view: ArrayBufferView, write: Write): CloneRecord {
  if (isOutOfBounds(view)) throw refusal("it is a view of memory that is gone");
  const name = (viewTag.call(view) as string | undefined) ?? "DataView";
  const Kind = Reflect.get(globalThis, name) as Constructor;
  const { byteOffset } = view;
  const length = tracksLength(view) ? undefined : "length" in view ? view.length : view.byteLength;
  const buffer = write(view.buffer);
  return { make: (read) => new Kind(read(buffer), byteOffset, length) };
}

function isOutOfBounds(view: ArrayBufferView): boolean {
  if ((view.buffer as ArrayBuffer).detached) return true;
  return !(view instanceof DataView)
    ? view.byteLength === 0 && view.byteOffset === 0 && attempt(() => typedAt.call(view, 0)) === NOTHING
    : attempt(() => view.byteLength) === NOTHING;
}

/** A view without a length of its own grows with its buffer; trying that out is the only way to know. */
function tracksLength(view: ArrayBufferView): boolean {
  const buffer = view.buffer as ArrayBuffer;
  if (!buffer.resizable) return false;
  const { byteLength, maxByteLength } = buffer;
  const before = view.byteLength;
  const other = byteLength + 8 <= maxByteLength ? byteLength + 8 : byteLength - 8;
  if (other < view.byteOffset) return false;
  if (other < byteLength) return false;
  buffer.resize(other);
  const after = attempt(() => view.byteLength);
  buffer.resize(byteLength);
  return after !== before;
}

const ERRORS: Readonly<Record<string, ErrorConstructor>> = {
  EvalError: EvalError as ErrorConstructor,
  RangeError: RangeError as ErrorConstructor,
  ReferenceError: ReferenceError as ErrorConstructor,
  SyntaxError: SyntaxError as ErrorConstructor,
  TypeError: TypeError as ErrorConstructor,
  URIError: URIError as ErrorConstructor,
};

/** Of an error its kind, message and stack; its other fields stay behind. */
function recordOfError(error: Error): CloneRecord {
  const name = domString(Reflect.get(error, "name") ?? "Error");
  const Kind = ERRORS[name] ?? Error;
  const message = Object.getOwnPropertyDescriptor(error, "message");
  const text = message !== undefined && "value" in message ? domString(message.value) : undefined;
  const { stack } = error;
  return {
    make() {
      const made = new Kind(text);
      const field = { value: stack, writable: true, configurable: true };
      if (typeof stack === "string") Object.defineProperty(made, "stack", field);
      return made;
    },
  };
}

function recordOfCollection(value: object, write: Write): CloneRecord | null {
  if (attempt(() => mapSize.call(value)) !== NOTHING)
    return recordOfMap(value as Map<unknown, unknown>, write);
  if (attempt(() => setSize.call(value)) !== NOTHING) return recordOfSet(value as Set<unknown>, write);
  return null;
}

function recordOfMap(map: Map<unknown, unknown>, write: Write): CloneRecord {
  const entries = [...mapEntries.call(map)].map(([key, value]) => [write(key), write(value)] as const);
  return {
    make: () => new Map(),
    fill(made: Map<unknown, unknown>, read) {
      for (const [key, value] of entries) made.set(read(key), read(value));
    },
  };
}

function recordOfSet(set: Set<unknown>, write: Write): CloneRecord {
  const members = [...setValues.call(set)].map(write);
  return {
    make: () => new Set(),
    fill(made: Set<unknown>, read) {
      for (const member of members) made.add(read(member));
    },
  };
}

/** Null if it is one: an object of a class that the plugin wrote is cloned as its fields. */
function checkOrdinary(value: object): null {
  const hasState =
    attempt(() => WeakMap.prototype.has.call(value as WeakMap<object, unknown>, {})) !== NOTHING ||
    attempt(() => WeakSet.prototype.has.call(value as WeakSet<object>, {})) !== NOTHING ||
    attempt(() => WeakRef.prototype.deref.call(value as WeakRef<object>)) !== NOTHING ||
    value instanceof Promise ||
    /^\[object (?:Async)?Generator\]$|Iterator\]$/.test(tagOf(value));
  if (hasState) throw refusal(`it is ${tagOf(value)}`);
  return null;
}

const NOTHING = Symbol("nothing");

function attempt(look: () => unknown): unknown {
  try {
    return look();
  } catch {
    return NOTHING;
  }
}
