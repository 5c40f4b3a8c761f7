/** A change in words for the model, and as a unified diff for the page. */
import { createTwoFilesPatch } from "diff";
import type { Before } from "./store-file.ts";

/** What is compared: a diff of more would take long and nobody would read it. */
const MAX_DIFFED_BYTES = 512 * 1024;
/** Lines that may differ; beyond, the diff says only that they do. */
const MAX_EDIT_LINES = 2_000;
const MAX_DIFF_CHARS = 64 * 1024;

export interface DescribedChange {
  /** Empty if there is nothing to say. */
  readonly summary: string;
  readonly details: { readonly path: string; readonly diff?: string };
}

/** `after` is null for what was too large to be read. */
export function describeChange(before: Before, after: Uint8Array | null, path: string): DescribedChange {
  const old = before.state === "none" ? "" : before.state === "read" ? textOf(before.bytes) : null;
  const now = after === null ? null : textOf(after);
  if (old === null || now === null) return { summary: "", details: { path } };
  if (old === now && before.state === "read") return { summary: "nothing differs", details: { path } };
  const diff = createTwoFilesPatch(before.state === "none" ? "/dev/null" : path, path, old, now, "", "", {
    context: 3,
    maxEditLength: MAX_EDIT_LINES,
  });
  if (diff === undefined) return { summary: `now ${lineCount(now)} lines`, details: { path } };
  const lines = diff.split("\n");
  const count = (sign: string) =>
    lines.filter((line) => line.startsWith(sign) && !line.startsWith(sign.repeat(3))).length;
  const cut = diff.length > MAX_DIFF_CHARS ? `${diff.slice(0, MAX_DIFF_CHARS)}\n… (the diff goes on)` : diff;
  return { summary: `+${count("+")} −${count("-")} lines`, details: { path, diff: cut } };
}

function textOf(bytes: Uint8Array): string | null {
  return bytes.length > MAX_DIFFED_BYTES || bytes.includes(0) ? null : new TextDecoder().decode(bytes);
}

function lineCount(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}
