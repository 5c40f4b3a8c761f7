/**
 * One gateway for one state folder.
 *
 * The lock is SQLite's own on a small file beside the database: the system lets go of it when its holder
 * dies, however it dies, so there are no stale locks to judge. The holder's process id stands in the file
 * and can be read while the lock is held.
 */
import { HostError } from "#host/base/errors.ts";
import { SqliteClient } from "./client.ts";

export interface Lock {
  release(): void;
}

/** Takes the lock at `path`, or throws a HostError `store.busy` that names the holder. `owner` is a process id. */
export function takeLock(path: string, owner: number): Lock {
  const client = new SqliteClient(path, 0);
  try {
    // Only a committed page can be read by others, so the id is written first and the lock taken again.
    client.exec(`pragma synchronous = off; begin immediate; pragma user_version = ${owner}; commit`);
    client.exec("begin immediate");
  } catch (thrown) {
    const error =
      thrown instanceof HostError && thrown.code === "store.busy" ? held(path, client, thrown) : thrown;
    client.close();
    throw error;
  }
  return { release: () => client.close() };
}

function held(path: string, client: SqliteClient, cause: HostError): HostError {
  return new HostError(
    "store.busy",
    `Cannot lock "${path}": another gateway${holder(client)} uses this state folder`,
    {
      fix: "Stop that gateway, or give this one a folder of its own with OPENCLAW_STATE_DIR",
      cause,
    },
  );
}

function holder(client: SqliteClient): string {
  const row = client.prepare("pragma user_version").raw().get();
  return Array.isArray(row) && typeof row[0] === "number" && row[0] > 0 ? ` (process ${row[0]})` : "";
}
