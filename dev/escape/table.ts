/** The attacks as SECURITY.md shows them. */
import type { Hazard } from "./hazard.ts";

const BEGIN = "<!-- escape suite: made by dev/escape.ts --write -->";
const END = "<!-- end of the escape suite -->";

/** Attacks that stand beside the room that they attack, by hazard and file. */
export const ELSEWHERE: readonly (readonly [string, string])[] = [
  [
    "built-ins patched, walks over the stack, what an isolate may say",
    "host/sandbox/child/containment.test.ts",
  ],
  ["an isolate whose own runtime is in the attacker's hands", "host/sandbox/child/hostile-runtime.test.ts"],
  [
    "a sandbox process that breaks the protocol, each breach by itself",
    "host/sandbox/hostile-sandbox.test.ts",
  ],
  ["a sandbox that outlives its killed host", "host/sandbox/launcher.test.ts"],
  ["every special network, and addresses that carry another", "host/broker/addresses.test.ts"],
  ["redirects, credentials, endless and slow answers", "host/broker/egress.test.ts"],
  ["the Big List of Naughty Strings as paths", "host/broker/naughty-paths.test.ts"],
  ["writes that race, links, FIFOs, devices, the host's own files", "host/broker/files.test.ts"],
  ["deletes and moves that race, links, the host's own files", "host/broker/change-files.test.ts"],
  ["a dead proxy, a refusing proxy, a real Squid", "host/broker/proxy.test.ts"],
  ["an audit that was changed, cut or reordered", "host/broker/audit.test.ts"],
  ["archives that climb, link or unpack without end", "host/registry/archive.test.ts"],
  ["plugins that mix versions while they load", "host/registry/registry.test.ts"],
  ["registries that lie about a package", "dev/e2e/npm-attacks.test.ts"],
  ["clients that are slow on purpose, on all three runtimes", "host/serve/serve.test.ts"],
];

export function tableOf(hazards: readonly Hazard[]): string {
  const suite = [
    ["what is tried", "what it would steal or break", "stopped by", "seen to succeed with"],
    ["---", "---", "---", "---"],
    ...hazards.map(({ name, canary, wall, without }) => [name, canary, wall, without]),
  ];
  const elsewhere = [
    ["tried beside the room itself", "in"],
    ["---", "---"],
    ...ELSEWHERE.map(([hazard, file]) => [hazard, `\`${file}\``]),
  ];
  return [suite, elsewhere].map(markdown).join("\n\n");
}

function markdown(rows: readonly (readonly string[])[]): string {
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
