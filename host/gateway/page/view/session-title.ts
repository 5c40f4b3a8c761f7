/** What a session is called on the page. */
import { MAIN_SESSION } from "../state/app-state.ts";
import type { SessionRow } from "../wire.ts";

export function titleOf(key: string, row: SessionRow | undefined): string {
  if (row?.label !== null && row?.label !== undefined) return row.label;
  if (key === MAIN_SESSION) return "Main";
  return row?.displayName ?? "Untitled";
}

/** "now", "12 min", "3 h", then the date. */
export function ageOf(updatedAt: number, now: number): string {
  const minutes = Math.floor((now - updatedAt) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  return new Date(updatedAt).toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

/** A preview is read at a glance: without the marks of markdown. */
export function plainText(markdown: string): string {
  return markdown
    .replace(/[*`|]+|(?<=^|\s)[#>]+ /g, "")
    .replace(/\s+/g, " ")
    .trim();
}
