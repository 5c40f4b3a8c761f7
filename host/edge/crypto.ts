/**
 * `crypto`: randomness and digests, done natively in the child. The rest of Web Crypto is not there, so that
 * a library's feature test tells the truth.
 */
import { bytesOf, ownBuffer } from "./bytes.ts";
import { currentCall, enterCall } from "./current-call.ts";
import { ask, post } from "./door.ts";
import { limits } from "./limits.ts";
import type { DigestAlgorithm } from "./door-protocol.ts";

/** Web Crypto's own bound for one `getRandomValues`. */
const MAX_RANDOM_BYTES = 65_536;
const ALGORITHMS: readonly DigestAlgorithm[] = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
const waiting = new Map<number, { readonly call: number; readonly resolve: (digest: ArrayBuffer) => void }>();
let lastDigest = 0;
/** Digests are done one after another: together they could fill the child's memory. */
let lastDone: Promise<unknown> = Promise.resolve();

export function getRandomValues<View extends ArrayBufferView>(view: View): View {
  if (!ArrayBuffer.isView(view) || /Float|DataView/.test(Object.prototype.toString.call(view))) {
    throw new DOMException("Cannot fill it with random values: not an integer array", "TypeMismatchError");
  }
  if (view.byteLength > MAX_RANDOM_BYTES) {
    throw new DOMException(
      `Cannot fill ${view.byteLength} bytes: the limit is ${MAX_RANDOM_BYTES}`,
      "QuotaExceededError",
    );
  }
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(randomBytes(view.byteLength));
  return view;
}

export function randomUUID(): string {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function randomBytes(bytes: number): Uint8Array {
  return new Uint8Array(ask({ t: "random", bytes }) as ArrayBuffer);
}

async function digest(algorithm: unknown, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer> {
  const name = algorithmOf(algorithm);
  const view = bytesOf(data);
  const { digestBytes } = limits();
  if (view.byteLength > digestBytes) {
    throw new DOMException(
      `Cannot digest ${view.byteLength} bytes: the limit is ${digestBytes}`,
      "QuotaExceededError",
    );
  }
  // A copy: the caller may change its bytes while this waits for its turn.
  const bytes = view.slice();
  const call = currentCall();
  const result = lastDone.then(() => digestNow(name, bytes, call));
  lastDone = result;
  return result;
}

function digestNow(algorithm: DigestAlgorithm, bytes: Uint8Array, call: number): Promise<ArrayBuffer> {
  const id = ++lastDigest;
  return new Promise((resolve) => {
    waiting.set(id, { call, resolve });
    post({ t: "digest", digest: id, algorithm }, ownBuffer(bytes));
  });
}

function algorithmOf(algorithm: unknown): DigestAlgorithm {
  const named =
    typeof algorithm === "object" && algorithm !== null && "name" in algorithm ? algorithm.name : algorithm;
  const wanted = String(named).toUpperCase();
  const name = ALGORITHMS.find((known) => known === wanted);
  if (name !== undefined) return name;
  throw new DOMException(
    `Cannot digest with "${String(named)}": known are ${ALGORITHMS.join(", ")}`,
    "NotSupportedError",
  );
}

/** Called by the child with the result of a digest. */
export function settleDigest(id: number, bytes: ArrayBuffer): void {
  const waiter = waiting.get(id);
  if (waiter === undefined) return;
  waiting.delete(id);
  enterCall(waiter.call);
  waiter.resolve(bytes);
}

export const crypto = { getRandomValues, randomUUID, subtle: { digest } };
