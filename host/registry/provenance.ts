/**
 * Where an installed plugin came from, and whose place it takes.
 *
 * Guarantees that code from another source than before never gets an earlier plugin's rights, secrets and data without
 * an answer of the owner's: its request is another one. Pure.
 */
import { basename, dirname, join } from "node:path";
import { visible } from "#host/base/visible.ts";
import type { Provenance } from "./records.ts";
import type { Slot } from "./slot.ts";

const DROPPED = "dropped";
/** Installed before sources were noted. */
const UNKNOWN = "unknown";

/** For a new version from `source`; `slot` is what has its id now. */
export function provenanceFor(
  source: string,
  slot: Pick<Slot, "serving" | "pinned" | "origin"> | undefined,
): Provenance {
  if (slot === undefined) return { source, over: null };
  // While an update waits, what it would replace is the version that serves.
  const held = slot.serving === null ? slot.pinned?.provenance : slot.serving.provenance;
  const holder = held?.source ?? (slot.origin === "dropped" ? DROPPED : UNKNOWN);
  return held?.source === source ? held : { source, over: holder };
}

/** For people; of a folder as much as tells it apart, without telling where on this machine. */
export function sourceInWords(source: string): string {
  const at = source.indexOf(":");
  const [kind, name] = at < 0 ? [source, ""] : [source.slice(0, at), visible(source.slice(at + 1))];
  if (kind === "npm") return `the npm package "${name}"`;
  if (kind === "archive") return `an archive (SHA-256 ${name.slice(0, 16)})`;
  if (kind === "folder") return `the folder "${join(basename(dirname(name)), basename(name))}"`;
  return kind === DROPPED ? "a plugin that was dropped in" : "a plugin of an unknown source";
}
