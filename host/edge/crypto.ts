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
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
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
  const id = ++lastDigest;
  return new Promise((resolve) => {
    waiting.set(id, { call: currentCall(), resolve });
    post({ t: "digest", digest: id, algorithm: name }, ownBuffer(view));
  });
}

function algorithmOf(algorithm: unknown): DigestAlgorithm {
  const named = typeof algorithm === "object" && algorithm !== null && "name" in algorithm ? algorithm.name : algorithm;
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
