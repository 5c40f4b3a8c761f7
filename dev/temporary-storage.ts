/** The host's real storage of plugins, in a database that goes with it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PluginStorage } from "#host/broker/perform-storage.ts";
import { systemClock } from "#host/base/clock.ts";
import { createLog } from "#host/base/log.ts";
import { openStore } from "#host/store/open.ts";
import { createPluginStorage } from "#host/store/plugin-storage.ts";

export interface TemporaryStorage extends AsyncDisposable {
  readonly storage: PluginStorage;
}

export async function openTemporaryStorage(): Promise<TemporaryStorage> {
  const folder = await mkdtemp(join(tmpdir(), "storage-"));
  const log = createLog({ clock: systemClock, level: "error", format: "text", write: () => {} });
  const path = join(folder, "db.sqlite");
  const store = await openStore({ path, clock: systemClock, log, processId: process.pid });
  return {
    storage: createPluginStorage(store.db, systemClock),
    async [Symbol.asyncDispose]() {
      store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
