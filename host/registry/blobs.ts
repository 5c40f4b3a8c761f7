/**
 * Bundles and instructions of the versions that serve, each under its own SHA-256.
 *
 * Guarantees that `get` gives exactly the bytes that were put, or an error: what was changed on the disk is
 * never run. Writing is atomic. `sweep` drops what no version needs any more.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HostError } from "#host/base/errors.ts";
import { sha256 } from "./folder.ts";

export interface Blobs {
  /** Answers with the hash under which the bytes are kept. */
  put(bytes: Uint8Array): Promise<string>;
  /** True if there are bytes under this hash; `get` finds out whether they are the right ones. */
  has(hash: string): Promise<boolean>;
  /** The hashes for which `has` is true now. */
  all(): Promise<ReadonlySet<string>>;
  /** Rejects with `plugin.broken` if the bytes are gone or were changed; what was changed is dropped. */
  get(hash: string): Promise<Uint8Array>;
  sweep(needed: ReadonlySet<string>): Promise<void>;
}

export function createBlobs(folder: string): Blobs {
  const pathOf = (hash: string) => join(folder, hash);

  const all = async () => new Set(await readdir(folder).catch(() => []));

  async function read(hash: string): Promise<Uint8Array | null> {
    const bytes = await readFile(pathOf(hash)).catch(() => null);
    return bytes !== null && sha256(bytes) === hash ? bytes : null;
  }
  return {
    async put(bytes) {
      const hash = sha256(bytes);
      if ((await read(hash)) !== null) return hash;
      await mkdir(folder, { recursive: true });
      const temporary = pathOf(`.${hash}.${crypto.randomUUID()}`);
      await writeFile(temporary, bytes, { mode: 0o600 });
      await rename(temporary, pathOf(hash));
      return hash;
    },
    has: async (hash) => (await stat(pathOf(hash)).catch(() => null)) !== null,
    all,
    async get(hash) {
      const bytes = await read(hash);
      if (bytes !== null) return bytes;
      await rm(pathOf(hash), { force: true });
      throw new HostError(
        "plugin.broken",
        "Cannot load the plugin: its bundle in the cache is gone or was changed",
        {
          fix: "Restart the gateway, which makes the bundle anew",
        },
      );
    },
    async sweep(needed) {
      const old = [...(await all())].filter((name) => !needed.has(name));
      await Promise.all(old.map((name) => rm(pathOf(name), { force: true })));
    },
  };
}
