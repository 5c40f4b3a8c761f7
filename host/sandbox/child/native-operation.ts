/**
 * What an operation of native work is, and how a hostile request for one is read.
 *
 * A request that no honest runtime sends (an unknown operation, arguments of another shape, bytes that do not add
 * up) throws `sandbox.protocol`, which ends its isolate. What an honest one may well send, too large a key or a
 * wrong tag, is a failure: data that goes back.
 */
import * as v from "valibot";
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import type { NativeFailure } from "#host/edge/door-protocol.ts";
import type { NativeHandles } from "./native-handles.ts";

/** Views on a buffer that nobody else has. */
export type Bytes = Uint8Array<ArrayBuffer>;
/** By name. */
export type Parts = Readonly<Record<string, Bytes>>;

export interface NativeAnswer {
  readonly value?: JsonValue;
  readonly bytes?: Uint8Array;
}

/** A request that was read and may run. */
export interface NativeTask {
  readonly heavy: boolean;
  run(): NativeAnswer | Promise<NativeAnswer>;
}

export type NativeOperation = (args: JsonObject, parts: Parts, handles: NativeHandles) => NativeTask;
export type NativeOperations = Readonly<Record<string, NativeOperation>>;

export type Part<Name extends string> = Readonly<Record<Name, Bytes>>;

/** `names` are the parts that must be there; `optional` may be. */
export function defineOperation<
  const Schema extends v.GenericSchema,
  Name extends string = never,
  Maybe extends string = never,
>(operation: {
  readonly args: Schema;
  readonly parts?: readonly Name[];
  readonly optional?: readonly Maybe[];
  readonly isHeavy?: (args: v.InferOutput<Schema>, parts: Parts) => boolean;
  readonly run: (
    args: v.InferOutput<Schema>,
    parts: Part<Name> & Partial<Part<Maybe>>,
    handles: NativeHandles,
  ) => NativeAnswer | Promise<NativeAnswer>;
}): NativeOperation {
  const { parts: names = [], optional = [] } = operation;
  const known = new Set<string>([...names, ...optional]);
  return (args, parts, handles) => {
    const parsed = v.safeParse(operation.args, args);
    if (!parsed.success) throw unreadable(`an argument ${parsed.issues[0].message}`);
    if (
      names.some((name) => parts[name] === undefined) ||
      Object.keys(parts).some((name) => !known.has(name))
    ) {
      throw unreadable("its bytes are others than the operation takes");
    }
    return {
      heavy: operation.isHeavy?.(parsed.output, parts) ?? false,
      run: () => operation.run(parsed.output, parts as Part<Name> & Partial<Part<Maybe>>, handles),
    };
  };
}

export function parseTask(
  operations: NativeOperations,
  message: JsonObject,
  bytes: ArrayBuffer,
  handles: NativeHandles,
): NativeTask {
  const { op, args } = message;
  const operation = typeof op === "string" && Object.hasOwn(operations, op) ? operations[op] : undefined;
  if (operation === undefined) throw unreadable("its operation is unknown");
  if (!isJsonObject(args)) throw unreadable("its arguments are no object");
  return operation(args, parseParts(message.parts, bytes), handles);
}

function parseParts(lengths: unknown, bytes: ArrayBuffer): Parts {
  if (!isJsonObject(lengths)) throw unreadable("its parts are no object");
  const parts: Record<string, Bytes> = {};
  let at = 0;
  for (const [name, length] of Object.entries(lengths)) {
    if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0) {
      throw unreadable("a part has no length");
    }
    if (at + length > bytes.byteLength) throw unreadable("its parts are longer than its bytes");
    parts[name] = new Uint8Array(bytes, at, length);
    at += length;
  }
  if (at !== bytes.byteLength) throw unreadable("its bytes are longer than its parts");
  return parts;
}

function unreadable(rule: string): HostError {
  return new HostError("sandbox.protocol", `Cannot do native work: ${rule}`);
}

/** A bound that was passed, as the plugin sees it. */
export class NativeRefusal extends Error {
  constructor(message: string, name = "QuotaExceededError") {
    super(message);
    this.name = name;
  }
}

const MAX_MESSAGE_CHARS = 500;
const CODE = /^[A-Z][A-Z0-9_]{1,80}$/;

export function failureOf(thrown: unknown): NativeFailure {
  if (!(thrown instanceof Error)) return { name: "OperationError", message: "The operation failed" };
  const code =
    "code" in thrown && typeof thrown.code === "string" && CODE.test(thrown.code) ? thrown.code : null;
  return {
    name: thrown.name,
    message: thrown.message.slice(0, MAX_MESSAGE_CHARS),
    ...(code === null ? {} : { code }),
  };
}
