/**
 * Native work, as `node:crypto` and `node:zlib` ask the runtime for it, and what both need around it: bytes of
 * whatever Node takes, Buffers of what comes back, callbacks.
 */
import { Buffer } from "node:buffer";

export interface Outcome {
  readonly value: unknown;
  readonly bytes: Uint8Array;
}

type Args = Readonly<Record<string, unknown>>;
type Parts = Readonly<Record<string, Uint8Array | undefined>>;
type Kind = "keys" | "states";

/** Made by `host/edge/native-access.ts`. */
interface Access {
  readonly native: {
    now(op: string, args: Args, parts?: Parts): Outcome;
    job(op: string, args: Args, parts?: Parts): Promise<Outcome>;
    wait(op: string, args: Args, parts?: Parts): Outcome;
    hold(owner: object, kind: Kind, handle: number): void;
    free(owner: object, kind: Kind, handle: number): void;
    forget(owner: object): void;
    limits(): { readonly syncBytes: number; readonly jobBytes: number; readonly onceBytes: number };
  };
  readonly crypto: {
    createKey(description: unknown): object;
    keyHandle(value: unknown): number | undefined;
  };
}

const access = (globalThis as unknown as Record<symbol, Access>)[Symbol.for("openclaw.native")] as Access;

export const { native } = access;
export const { createKey: createCryptoKey, keyHandle: cryptoKeyHandle } = access.crypto;

export type Data = string | ArrayBuffer | ArrayBufferView;
export type Callback<Value> = (error: Error | null, value?: Value) => void;

export function bytesOf(data: unknown, name = "data", encoding?: string): Uint8Array {
  if (typeof data === "string") return Buffer.from(data, (encoding ?? "utf8") as BufferEncoding);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (Object.prototype.toString.call(data) === "[object ArrayBuffer]")
    return new Uint8Array(data as ArrayBuffer);
  throw invalidType(name, "a string, an ArrayBuffer, a Buffer, a TypedArray or a DataView", data);
}

export function bufferOf(bytes: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

/** Text where an encoding is asked for. */
export function output(bytes: Uint8Array, encoding?: unknown): Buffer | string {
  const buffer = bufferOf(bytes);
  if (encoding === undefined || encoding === null || encoding === "buffer") return buffer;
  return buffer.toString(encoding as BufferEncoding);
}

/** Pieces that are small enough to be worked on at once; one that is empty for no bytes. */
export function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  const { syncBytes } = native.limits();
  for (let at = 0; at === 0 || at < bytes.byteLength; at += syncBytes)
    yield bytes.subarray(at, at + syncBytes);
}

/** Calls back later, as Node does, and outside of the promise: what the callback throws is not caught. */
export function settle<Value>(promise: Promise<Value>, callback: Callback<Value>): void {
  void callBack(promise, callback);
}

async function callBack<Value>(promise: Promise<Value>, callback: Callback<Value>): Promise<void> {
  try {
    const value = await promise;
    queueMicrotask(() => callback(null, value));
  } catch (error) {
    queueMicrotask(() => callback(error as Error));
  }
}

export function invalidType(name: string, wanted: string, given: unknown): TypeError {
  const message = `The "${name}" argument must be ${wanted}. Received ${given === null ? "null" : typeof given}`;
  return Object.assign(new TypeError(message), { code: "ERR_INVALID_ARG_TYPE" });
}

export function outOfRange(name: string, range: string, given: unknown): RangeError {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${String(given)}`;
  return Object.assign(new RangeError(message), { code: "ERR_OUT_OF_RANGE" });
}

export function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
