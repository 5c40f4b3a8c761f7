/** `ctx.storage`: the broker's storage effects as the methods that a plugin author sees. */
import { joinBytes } from "./bytes.ts";
import { performEffect } from "./effect.ts";
import type { PluginStorage } from "#host/sdk/storage.ts";
import type { EffectReply } from "./effect.ts";
import type { EffectFrame } from "#host/pipe/protocol.ts";

const { parse, stringify } = JSON;

export function createStorage(signal: AbortSignal): PluginStorage {
  const perform = (request: EffectFrame["request"], body: Uint8Array | null = null): Promise<EffectReply> =>
    performEffect({ request, body, signal, errorKind: Error });

  return {
    async get<Value>(key: string): Promise<Value | undefined> {
      const { head, body } = await perform({ kind: "storage.get", key: String(key) });
      if (head.found !== true) return undefined;
      const parts: Uint8Array[] = [];
      for await (const part of body ?? []) parts.push(part);
      const bytes = joinBytes(parts);
      return (head.format === "bytes" ? bytes : parse(new TextDecoder().decode(bytes))) as Value;
    },

    async set(key, value) {
      const bytes = ArrayBuffer.isView(value) ? (value as Uint8Array) : encode(key, value);
      const format = bytes === value ? "bytes" : "json";
      await perform({ kind: "storage.set", key: String(key), format }, bytes);
    },

    async delete(key) {
      const { head } = await perform({ kind: "storage.delete", key: String(key) });
      return head.deleted === true;
    },

    async list(prefix = "") {
      const all: string[] = [];
      for (;;) {
        const last = all.at(-1);
        const after = last === undefined ? {} : { after: last };
        const { head } = await perform({ kind: "storage.list", prefix: String(prefix), ...after });
        all.push(...(head.keys as string[]));
        if (head.more !== true) return all;
      }
    },
  };
}

function encode(key: string, value: unknown): Uint8Array {
  const text = stringify(value) as string | undefined;
  if (text !== undefined) return new TextEncoder().encode(text);
  throw new TypeError(
    `Cannot store ${stringify(String(key))}: ${typeof value} is not JSON; use delete to remove it`,
  );
}
