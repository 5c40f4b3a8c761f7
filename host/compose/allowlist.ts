/**
 * The operator's Squid allowlist for the broker: read when it changes, kept between.
 *
 * Fails closed: a list that is configured and cannot be read allows nothing, and the log says why.
 */
import { readFileSync, statSync } from "node:fs";
import { asHostError, explain } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import { parseAllowlist } from "#host/broker/allowlist.ts";

/** `path` answers null where no list is configured; then there is none to ask. */
export function createAllowlist(path: () => string | null, log: Log): () => readonly string[] | null {
  let read: { readonly stamp: string; readonly entries: readonly string[] } = { stamp: "", entries: [] };
  return () => {
    const file = path();
    if (file === null) return null;
    const stamp = stampOf(file);
    if (stamp !== read.stamp) read = { stamp, entries: readEntries(file, log) };
    return read.entries;
  };
}

function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return `${file} ${stat?.mtimeMs ?? "missing"} ${stat?.size ?? 0}`;
}

function readEntries(file: string, log: Log): readonly string[] {
  try {
    return parseAllowlist(readFileSync(file, "utf8"));
  } catch (thrown) {
    log.error(`The Squid allowlist cannot be read, so no host is allowed: ${explain(asHostError(thrown))}`, {
      file,
    });
    return [];
  }
}
