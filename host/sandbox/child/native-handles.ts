/**
 * What native work keeps for one isolate, by numbers that mean nothing outside of it: keys, and the states of
 * hashes, ciphers and compressors.
 *
 * An isolate reaches its own entries alone, since each has tables of its own. Both tables are bounded, for the
 * isolate and for all of the process; past that a new entry is refused and nothing else happens.
 */
import { KeyObject, type webcrypto } from "node:crypto";
import { NATIVE } from "#host/base/limits.ts";
import { NativeRefusal } from "./native-operation.ts";

/** How much all isolates of the process hold together. */
export interface SharedCount {
  used: number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly weight: number;
}

class Table<Value> {
  readonly #entries = new Map<number, Entry<Value>>();
  readonly #name: string;
  readonly #most: number;
  readonly #mostShared: number;
  readonly #shared: SharedCount;
  #used = 0;
  #last = 0;

  constructor(name: string, most: number, mostShared: number, shared: SharedCount) {
    this.#name = name;
    this.#most = most;
    this.#mostShared = mostShared;
    this.#shared = shared;
  }

  add(value: Value, weight = 1): number {
    this.check(weight);
    const handle = ++this.#last;
    this.#entries.set(handle, { value, weight });
    this.#used += weight;
    this.#shared.used += weight;
    return handle;
  }

  /** Throws the refusal that `add` would throw: before work is done for nothing. */
  check(weight = 1): void {
    if (this.#used + weight > this.#most || this.#shared.used + weight > this.#mostShared) {
      throw new NativeRefusal(`Cannot hold another ${this.#name}: the limit is ${this.#most}`);
    }
  }

  /** A number that is unknown is one that was freed, or another isolate's: here it means nothing. */
  get(handle: number): Value {
    const entry = this.#entries.get(handle);
    if (entry === undefined) throw new NativeRefusal(`There is no such ${this.#name}`, "InvalidStateError");
    return entry.value;
  }

  free(handle: number): Value | undefined {
    const entry = this.#entries.get(handle);
    if (entry === undefined) return undefined;
    this.#entries.delete(handle);
    this.#used -= entry.weight;
    this.#shared.used -= entry.weight;
    return entry.value;
  }

  freeAll(): Value[] {
    return [...this.#entries.keys()].flatMap((handle) => this.free(handle) ?? []);
  }
}

/** Something open, with whatever it holds natively. */
export abstract class NativeState {
  /** Gives back at once what would otherwise wait for the garbage collector. */
  close(): void {}
}

export type NativeKey = webcrypto.CryptoKey | KeyObject;

export interface SharedHandles {
  readonly keys: SharedCount;
  readonly states: SharedCount;
}

export class NativeHandles {
  readonly keys: Table<NativeKey>;
  readonly states: Table<NativeState>;

  constructor(shared: SharedHandles) {
    this.keys = new Table("key", NATIVE.keys, NATIVE.keysPerProcess, shared.keys);
    this.states = new Table(
      "open hash, cipher or compressor",
      NATIVE.states,
      NATIVE.statesPerProcess,
      shared.states,
    );
  }

  /** Never a key whose material the isolate may not have. */
  keyObject(handle: number): KeyObject {
    const key = this.keys.get(handle);
    if (key instanceof KeyObject) return key;
    throw new NativeRefusal("The key is a CryptoKey, not a KeyObject", "InvalidAccessError");
  }

  cryptoKey(handle: number): webcrypto.CryptoKey {
    const key = this.keys.get(handle);
    if (!(key instanceof KeyObject)) return key;
    throw new NativeRefusal("The key is a KeyObject, not a CryptoKey", "InvalidAccessError");
  }

  state<State extends NativeState>(handle: number, kind: abstract new (...args: never[]) => State): State {
    const state = this.states.get(handle);
    if (state instanceof kind) return state;
    throw new NativeRefusal("The operation does not fit what is open", "InvalidStateError");
  }

  freeState(handle: number): void {
    this.states.free(handle)?.close();
  }

  freeAll(): void {
    this.keys.freeAll();
    for (const state of this.states.freeAll()) state.close();
  }
}
