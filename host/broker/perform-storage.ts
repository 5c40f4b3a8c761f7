/** A plugin's own storage, done: each effect on it, once the gate has let it through. */
import type { EffectContext, EffectReply, StorageEffect, StorageSetEffect } from "#host/base/effect.ts";
import { STORAGE } from "#host/base/limits.ts";
import { deedOf } from "./describe.ts";
import { aborted, EffectError } from "./failure.ts";
import type { StoragePass } from "./policy.ts";
import type { TakeTurn } from "./write-turns.ts";

export interface StoredValue {
  readonly format: "json" | "bytes";
  readonly bytes: Uint8Array;
}

/** Where values are kept. A plugin's id is part of every question; nothing reads across. */
export interface PluginStorage {
  get(pluginId: string, key: string): StoredValue | null;
  /** Stores all of it or, past the quota, nothing. */
  set(pluginId: string, key: string, value: StoredValue, quotaBytes: number): StorageRoom;
  /** False if there was none. */
  delete(pluginId: string, key: string): boolean;
  /** At most `limit` keys in the order of their bytes, those with `prefix` that come after `after`. */
  keys(pluginId: string, prefix: string, after: string | null, limit: number): readonly string[];
}

/** Bytes that the plugin uses, or would use, and whether they fit. */
export interface StorageRoom {
  readonly fits: boolean;
  readonly usedBytes: number;
}

export interface StorageDeps {
  readonly storage: PluginStorage;
  readonly takeTurn: TakeTurn;
}

/** Rejects with an EffectError that names the key as the plugin wrote it. */
export async function performStorage(
  pluginId: string,
  effect: StorageEffect,
  pass: StoragePass,
  { body, signal }: Pick<EffectContext, "body" | "signal">,
  { storage, takeTurn }: StorageDeps,
): Promise<EffectReply> {
  switch (effect.kind) {
    case "storage.get":
      return answerValue(storage.get(pluginId, effect.key));
    case "storage.set": {
      const bytes = await collect(effect, body);
      await takeTurn();
      if (signal.aborted) throw aborted();
      return store(pluginId, effect, pass, bytes, storage);
    }
    case "storage.delete":
      await takeTurn();
      if (signal.aborted) throw aborted();
      return answer({ deleted: storage.delete(pluginId, effect.key) });
    case "storage.list": {
      const after = effect.after ?? null;
      return answerKeys(storage.keys(pluginId, effect.prefix, after, STORAGE.maxListKeys + 1));
    }
  }
}

function answer(head: Extract<EffectReply, { ok: true }>["head"]): EffectReply {
  return { ok: true, head, body: null };
}

function answerValue(value: StoredValue | null): EffectReply {
  if (value === null) return answer({ found: false });
  const { format, bytes } = value;
  return { ok: true, head: { found: true, format }, body: once(bytes) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.length > 0) yield bytes;
}

/** As many keys as one frame holds; `more` says that there are others after the last of them. */
function answerKeys(found: readonly string[]): EffectReply {
  const keys: string[] = [];
  let bytes = 0;
  for (const key of found.slice(0, STORAGE.maxListKeys)) {
    bytes += Buffer.byteLength(key);
    if (bytes > STORAGE.maxListBytes) break;
    keys.push(key);
  }
  return answer({ keys, more: keys.length < found.length });
}

async function collect(effect: StorageSetEffect, body: EffectContext["body"]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > STORAGE.maxValueBytes) {
      throw new EffectError(
        "too-large",
        `Cannot ${deedOf(effect)}: the value has more than ${STORAGE.maxValueBytes} bytes`,
        { fix: "Store it in parts, or in a file" },
      );
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function store(
  pluginId: string,
  effect: StorageSetEffect,
  { quotaBytes }: StoragePass,
  bytes: Uint8Array,
  storage: PluginStorage,
): EffectReply {
  const { format, key } = effect;
  const { fits, usedBytes } = storage.set(pluginId, key, { format, bytes }, quotaBytes);
  if (fits) return answer({ usedBytes, quotaBytes });
  throw new EffectError(
    "too-large",
    `Cannot ${deedOf(effect)}: the storage of "${pluginId}" would have ${usedBytes} bytes, its limit is ${quotaBytes}`,
    {
      fix: 'Delete what is not needed, or ask for more with "permissions": { "limits": { "storage": … } } in its openclaw.plugin.json',
    },
  );
}
