/**
 * The one way in which `write` and `edit` change a file: what was there is read, the new text is written, the change is
 * kept for `undo`, and its diff is told.
 */
import type { PluginFiles, ToolContext, ToolResult } from "openclaw/sdk";
import { hashOf, keepChange, MAX_KEPT_BYTES } from "./changes.ts";
import { describeChange } from "./describe-change.ts";

/** What is read to be changed or compared. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The file as it was. */
export type Before =
  | { readonly state: "none" }
  | { readonly state: "large"; readonly size: number }
  | { readonly state: "read"; readonly bytes: Uint8Array };

export async function readBefore(files: PluginFiles, path: string): Promise<Before> {
  try {
    const { type, size } = await files.stat(path);
    if (type === "file" && size > MAX_BYTES) return { state: "large", size };
    return { state: "read", bytes: await files.read(path) };
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === "not-found") return { state: "none" };
    throw thrown;
  }
}

export interface Change {
  readonly path: string;
  readonly before: Before;
  /** The whole file, or what is added to it. */
  readonly written: Uint8Array;
  readonly mode: "replace" | "create" | "append";
  /** Places that an edit changed. */
  readonly places?: number;
}

export async function storeFile(ctx: ToolContext, change: Change): Promise<ToolResult> {
  const { path, before, written, mode, places } = change;
  await ctx.files.write(path, written, { mode });
  const after = mode === "append" ? appended(before, written) : written;
  const kept = after !== null && (await isKept(ctx, path, before, after));
  const { summary, details } = describeChange(before, after, path);
  const what = before.state === "none" ? "Made" : mode === "append" ? "Added to" : "Changed";
  const text = [
    `${what} "${path}"`,
    ...(places === undefined || places === 1 ? [] : [` in ${places} places`]),
    summary === "" ? "" : `: ${summary}`,
    kept ? "" : ". It is too large for undo",
  ].join("");
  return { content: [{ type: "text", text }], details };
}

/** Null where the file was too large to be read. */
function appended(before: Before, more: Uint8Array): Uint8Array | null {
  if (before.state === "none") return more;
  if (before.state === "large") return null;
  const whole = new Uint8Array(before.bytes.length + more.length);
  whole.set(before.bytes);
  whole.set(more, before.bytes.length);
  return whole;
}

async function isKept(ctx: ToolContext, path: string, before: Before, after: Uint8Array): Promise<boolean> {
  if (before.state === "large" || (before.state === "read" && before.bytes.length > MAX_KEPT_BYTES))
    return false;
  const bytes = before.state === "read" ? before.bytes : null;
  return keepChange(ctx.storage, { path, before: bytes, after: await hashOf(after) });
}
