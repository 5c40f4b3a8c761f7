/**
 * `CryptoKey`: the number of a key that the child holds, and the description that it gave.
 *
 * Whether the key may be used or exported is the child's to decide by the key itself: what a plugin does to this
 * object changes nothing.
 */
import { holdNative } from "./native-holder.ts";
import { shape } from "./web-idl.ts";
import type { JsonObject, JsonValue } from "#host/base/json.ts";

/** Known to this module alone: plugins make no keys of their own. */
const MADE_HERE = Symbol("made here");

export class CryptoKey {
  readonly #handle: number;
  readonly #type: string;
  readonly #extractable: boolean;
  readonly #algorithm: object;
  readonly #usages: readonly string[];

  constructor(...args: readonly unknown[]) {
    const [secret, description] = args;
    if (secret !== MADE_HERE) throw new TypeError("Illegal constructor");
    const { key, type, extractable, algorithm, usages } = description as KeyDescription;
    this.#handle = key;
    this.#type = type;
    this.#extractable = extractable;
    this.#algorithm = algorithmOf(algorithm);
    this.#usages = usages;
    holdNative(this, "keys", key);
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
    return typeof value === "object" && value !== null && #handle in value ? value.#handle : undefined;
  }
}

const { handleOf } = CryptoKey;
Reflect.deleteProperty(CryptoKey, "handleOf");
shape("CryptoKey", CryptoKey);

export interface KeyDescription {
  readonly key: number;
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: JsonObject;
  readonly usages: readonly string[];
}

export function createKey(description: JsonValue): CryptoKey {
  return new CryptoKey(MADE_HERE, description);
}

export function keyHandle(value: unknown): number | undefined {
  return handleOf(value);
}

function algorithmOf(given: JsonObject): object {
  const { publicExponent } = given;
  if (!Array.isArray(publicExponent)) return given;
  return { ...given, publicExponent: new Uint8Array(publicExponent as number[]) };
}
