/** The attacks as SECURITY.md shows them. */
import type { Hazard } from "./hazard.ts";

const BEGIN = "<!-- escape suite: made by dev/escape.ts --write -->";
const END = "<!-- end of the escape suite -->";

export function tableOf(hazards: readonly Hazard[]): string {
  const rows = [
    ["what is tried", "what it would steal or break", "stopped by", "seen to succeed with"],
    ["---", "---", "---", "---"],
    ...hazards.map(({ name, canary, wall, without }) => [name, canary, wall, without]),
  ];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The document with this table between its marks. Throws if it has none. */
export function withTable(document: string, table: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`SECURITY.md lacks the marks "${BEGIN}" and "${END}"`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${table}\n\n${document.slice(end)}`;
}

/** Whether both say the same, however their tables are padded. */
export function isSameText(a: string, b: string): boolean {
  return unpadded(a) === unpadded(b);
}

function unpadded(document: string): string {
  return document.replace(/-{3,}/g, "---").replace(/[ \t]+/g, " ");
}
