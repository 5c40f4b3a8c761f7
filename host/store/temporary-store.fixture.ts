/** A store in a folder of its own that goes away with the test: `await using store = await temporaryStore()`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "#host/base/log.ts";
import type { Database } from "./database.ts";
import { openStore, type Store } from "./open.ts";

/** A clock that moves one millisecond each time it is read. */
export const tickingClock = (start = 1_000) => {
  let now = start;
  return { now: () => ++now, monotonic: () => ++now };
};

export interface TemporaryStore extends AsyncDisposable {
  readonly path: string;
  readonly db: Database;
  /** Closes and opens it again, as a restart does. */
  reopen(): Promise<void>;
}

export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "openclaw-store-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export const silentLog = createLog({
  clock: tickingClock(),
  level: "error",
  format: "json",
  write: () => undefined,
});

export function openAt(path: string, migrations?: string): Promise<Store> {
  const options = { path, log: silentLog, clock: tickingClock(), processId: process.pid };
  return openStore(migrations === undefined ? options : { ...options, migrations });
}

export async function temporaryStore(): Promise<TemporaryStore> {
  const folder = await temporaryFolder();
  const path = join(folder.path, "openclaw.db");
  let store = await openAt(path);
  return {
    path,
    get db() {
      return store.db;
    },
    async reopen() {
      store.close();
      store = await openAt(path);
    },
    async [Symbol.asyncDispose]() {
      store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
