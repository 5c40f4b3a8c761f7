/** `ctx.files`: the broker's file effects as the methods that a plugin author sees. */
import { joinBytes } from "./bytes.ts";
import { performEffect } from "./effect.ts";
import type { FileEntry, FileStat, PluginFiles } from "#host/sdk/tool.ts";
import type { EffectReply } from "./effect.ts";
import type { EffectFrame } from "#host/pipe/protocol.ts";

export function createFiles(signal: AbortSignal): PluginFiles {
  const perform = (request: EffectFrame["request"], body: Uint8Array | null = null): Promise<EffectReply> =>
    performEffect({ request, body, signal, errorKind: Error });

  const read: PluginFiles["read"] = async (path, range = {}) => {
    const { body } = await perform({ kind: "file.read", path: String(path), ...range });
    const parts: Uint8Array[] = [];
    for await (const part of body ?? []) parts.push(part);
    return joinBytes(parts);
  };

  return {
    read,
    readText: async (path) => new TextDecoder().decode(await read(path)),
    async write(path, data, options = {}) {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      await perform({ kind: "file.write", path: String(path), mode: options.mode ?? "replace" }, bytes);
    },
    async stat(path) {
      const { head } = await perform({ kind: "file.stat", path: String(path) });
      return head as unknown as FileStat;
    },
    async list(path) {
      const { head } = await perform({ kind: "file.list", path: String(path) });
      return head.entries as unknown as FileEntry[];
    },
    async mkdir(path) {
      await perform({ kind: "file.mkdir", path: String(path) });
    },
    async remove(path, { recursive = false } = {}) {
      await perform({ kind: "file.remove", path: String(path), recursive: Boolean(recursive) });
    },
    async rename(path, to, { replace = false } = {}) {
      const request = {
        kind: "file.rename",
        path: String(path),
        to: String(to),
        replace: Boolean(replace),
      } as const;
      await perform(request);
    },
  };
}
