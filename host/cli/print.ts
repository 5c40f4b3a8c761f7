/**
 * Plain text for terminals and for pipes: the same lines in both, without colours to strip. What authors of plugins
 * wrote stays in its line.
 */
import { visible } from "#host/base/visible.ts";

/** The way from what is granted and listed to what Squid lets through. */
export const RENDER = "Run: openclaw allowlist render, then: squid -k reconfigure";

/** Columns as wide as their widest cell; the last one is not padded. */
export function table(written: readonly (readonly string[])[]): string[] {
  const rows = written.map((row) => row.map(visible));
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

export function indented(lines: readonly string[], by = "  "): string[] {
  return lines.map((line) => `${by}${visible(line)}`);
}
