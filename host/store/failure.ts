/**
 * What SQLite's failures mean to the person who runs the gateway.
 *
 * The runtimes agree on SQLite's messages and not on their error codes, so it is the message that decides.
 */
import { HostError } from "#host/base/errors.ts";

interface Meaning {
  readonly pattern: RegExp;
  readonly make: (path: string, cause: unknown) => HostError;
}

const MEANINGS: readonly Meaning[] = [
  { pattern: /database (?:table )?is locked/, make: busy },
  { pattern: /not a database|malformed|corrupt/, make: damaged },
  { pattern: /readonly database|unable to open|disk is full|disk I\/O error/, make: unwritable },
];

/** A thrown value as a HostError about the database file at `path`. */
export function asStoreError(thrown: unknown, path: string): HostError {
  if (thrown instanceof HostError) return thrown;
  // Drizzle wraps what a statement threw, and so what this function has made of it already.
  if (thrown instanceof Error && thrown.cause instanceof HostError) return thrown.cause;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const meaning = MEANINGS.find(({ pattern }) => pattern.test(message));
  if (meaning !== undefined) return meaning.make(path, thrown);
  return new HostError("internal", `Cannot query "${path}": ${message}`, { cause: thrown });
}

function busy(path: string, cause: unknown): HostError {
  return new HostError("store.busy", `Cannot use "${path}": another process holds its lock`, {
    fix: "Stop the other gateway or the program that has the file open, then start again",
    cause,
  });
}

/** The file stays where it is: what is in it may still be saved. */
export function damaged(path: string, cause: unknown): HostError {
  const rule = cause instanceof Error ? cause.message : String(cause);
  return new HostError("store.damaged", `Cannot use "${path}": the database is damaged (${rule})`, {
    fix: `Restore the file from a backup, save what is left with sqlite3 "${path}" .recover, or move it aside to start empty`,
    cause,
  });
}

function unwritable(path: string, cause: unknown): HostError {
  const rule = cause instanceof Error ? cause.message : String(cause);
  return new HostError("state.unwritable", `Cannot write "${path}": ${rule}`, {
    fix: "Make the folder writable for the user who runs the gateway, and see that the disk has room",
    cause,
  });
}
