/**
 * `ctx.storage`: what a plugin keeps from one call to the next, over restarts and updates.
 *
 * @example
 * ```ts
 * const seen = (await ctx.storage.get<number>("seen")) ?? 0;
 * await ctx.storage.set("seen", seen + 1);
 * ```
 */

/** What is stored as JSON. A property that is `undefined` is left out. */
export type StorableJson =
  | string
  | number
  | boolean
  | null
  | readonly StorableJson[]
  | { readonly [key: string]: StorableJson | undefined };

/** Bytes are stored as they are. */
export type StorableValue = StorableJson | Uint8Array;

/**
 * Values by key. They belong to the plugin alone, are shared by all of its sessions, stay when it is updated
 * and go when it is removed. No right is needed.
 *
 * A key is 1 to 1,024 bytes of any Unicode text, a value at most 256 KiB. All together may have 1 MiB, or what
 * the manifest says in `permissions.limits.storage` (at most 64 MiB); an entry counts its key, its value and 64
 * bytes. Every method rejects with an `Error` whose `code` is `denied` (the key), `too-large` (the value or
 * the quota) or `io`, and whose message names the key and the rule.
 */
export interface PluginStorage {
  /** `undefined` if there is none. What it is, is what `set` was given; it is not checked again. */
  get<Value = unknown>(key: string): Promise<Value | undefined>;
  /** Replaces what was there. A crash leaves the old value or the new one, never a part. */
  set(key: string, value: StorableValue): Promise<void>;
  /** False if there was none. */
  delete(key: string): Promise<boolean>;
  /** Keys that begin with `prefix`, in the order of their UTF-8 bytes. */
  list(prefix?: string): Promise<string[]>;
}
