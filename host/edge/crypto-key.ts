/**
 * `CryptoKey`: the number of a key that the child holds, and the description that it gave.
 *
 * Whether the key may be used or exported is the child's to decide by the key itself: what a plugin does to this
 * object changes nothing.
 */
import { holdNative } from "./native-holder.ts";
import { defineCloning, structuredClone } from "./structured-clone.ts";
import { shape } from "./web-idl.ts";
import type { JsonObject, JsonValue } from "#host/base/json.ts";

/** Known to this module alone: plugins make no keys of their own. */
const MADE_HERE = Symbol("made here");

/** What the child holds. It is let go of when no copy of the key is left. */
interface Material {
  readonly handle: number;
}

let isKey: (value: unknown) => value is CryptoKey;

export class CryptoKey {
  readonly #material: Material;
  readonly #type: string;
  readonly #extractable: boolean;
  readonly #algorithm: object;
  readonly #usages: readonly string[];

  constructor(...args: readonly unknown[]) {
    const [secret, description, material] = args;
    if (secret !== MADE_HERE) throw new TypeError("Illegal constructor");
    const { type, extractable, algorithm, usages } = description as KeyDescription;
    this.#material = material as Material;
    this.#type = type;
    this.#extractable = extractable;
    this.#algorithm = algorithmOf(algorithm);
    this.#usages = usages;
  }

  get type(): string {
    return this.#type;
  }

  get extractable(): boolean {
    return this.#extractable;
  }

  get algorithm(): object {
    return this.#algorithm;
  }

  get usages(): readonly string[] {
    return this.#usages;
  }

  /** The number of a real key, or undefined for anything else. */
  static handleOf(value: unknown): number | undefined {
    return isKey(value) ? value.#material.handle : undefined;
  }

  static copyOf(key: CryptoKey): CryptoKey {
    const { type, extractable, usages } = key;
    const algorithm = structuredClone(key.#algorithm);
    return new CryptoKey(MADE_HERE, { type, extractable, algorithm, usages: [...usages] }, key.#material);
  }

  static {
    isKey = (value): value is CryptoKey => typeof value === "object" && value !== null && #material in value;
  }
}

const { handleOf, copyOf } = CryptoKey;
Reflect.deleteProperty(CryptoKey, "handleOf");
Reflect.deleteProperty(CryptoKey, "copyOf");
shape("CryptoKey", CryptoKey);

export interface KeyDescription {
  readonly key: number;
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: JsonObject;
  readonly usages: readonly string[];
}

export function createKey(description: JsonValue): CryptoKey {
  const material: Material = { handle: (description as unknown as KeyDescription).key };
  holdNative(material, "keys", material.handle);
  return new CryptoKey(MADE_HERE, description, material);
}

export function keyHandle(value: unknown): number | undefined {
  return handleOf(value);
}

// Web Crypto, section 13.3: a copy is the same key.
defineCloning({ recognises: isKey, write: (key: CryptoKey) => ({ make: () => copyOf(key) }) });

function algorithmOf(given: JsonObject): object {
  const { publicExponent } = given;
  if (!Array.isArray(publicExponent)) return given;
  return { ...given, publicExponent: new Uint8Array(publicExponent as number[]) };
}
