/** `crypto`: randomness here, everything else in `crypto.subtle`. The work is done natively in the child. */
import { QuotaExceededError } from "./dom-exception.ts";
import { subtle, type SubtleCrypto } from "./crypto-subtle.ts";
import { nativeNow } from "./native.ts";
import { shape } from "./web-idl.ts";

/** Web Crypto's own bound for one `getRandomValues`. */
const MAX_RANDOM_BYTES = 65_536;
const MADE_HERE = Symbol("made here");
const INTEGERS = /^(?:Int|Uint|BigInt|BigUint)(?:8|16|32|64)(?:Clamped)?Array$/;
/** The getter that tells the kind of a typed array whatever was done to it. */
const kindOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;

export class Crypto {
  readonly #here = true;

  constructor(...args: readonly unknown[]) {
    if (args[0] !== MADE_HERE) throw new TypeError("Illegal constructor");
  }

  get subtle(): SubtleCrypto {
    this.#check();
    return subtle;
  }

  getRandomValues<View extends ArrayBufferView>(array: View): View {
    this.#check();
    if (!ArrayBuffer.isView(array)) {
      throw new TypeError("Cannot fill it with random values: it is not a view on an ArrayBuffer");
    }
    if (!INTEGERS.test(String(kindOf?.call(array)))) {
      throw new DOMException("Cannot fill it with random values: not an integer array", "TypeMismatchError");
    }
    if (array.byteLength > MAX_RANDOM_BYTES) {
      const message = `Cannot fill ${array.byteLength} bytes: the limit is ${MAX_RANDOM_BYTES}`;
      throw new QuotaExceededError(message, { quota: MAX_RANDOM_BYTES, requested: array.byteLength });
    }
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(randomBytes(array.byteLength));
    return array;
  }

  randomUUID(): string {
    this.#check();
    return randomUUID();
  }

  #check(): void {
    if (!this.#here) throw new TypeError("Illegal invocation");
  }
}

shape("Crypto", Crypto);

export const crypto = new Crypto(MADE_HERE);

export function randomUUID(): string {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** At most `MAX_RANDOM_BYTES`. */
export function randomBytes(bytes: number): Uint8Array {
  return nativeNow("random", { bytes }).bytes;
}
