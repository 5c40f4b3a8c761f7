/**
 * `docs/edge-runtime.md`: what an isolate has of the web platform and of Node.js, as a probe inside an isolate found it.
 *
 * `dist/bun dev/edge-table.ts --write` writes it; without it the committed file is compared, and a difference fails.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NODE_MODULES } from "#host/edge/node/table.ts";
import { bundleProbe } from "./conformance/bundle.ts";
import { ABSENT, GAPS } from "./conformance/gaps.ts";
import { createIsolatePlace } from "./conformance/places.ts";
import type { Look, Probed } from "./conformance/probe.ts";

const FILE = fileURLToPath(new URL("../docs/edge-runtime.md", import.meta.url));

const HEAD = `# The edge runtime

What code inside an isolate finds there, measured against WinterTC's *Minimum common web API* (Ecma TC55, 2025 snapshot). This file
is made by a probe that runs inside an isolate: \`dist/bun dev/edge-table.ts --write\`; a test fails when it says something else.
*full*: every member that the standard lists is there, and the conformance suites (\`dist/bun dev/conformance.ts\` prints their rate by
area) found no gap but those listed in \`dev/conformance/known-failures.json\`. *partial*: what is missing is said. *absent*: the reason is said.
`;

/** Throws if what the lists say is not what the probe found. */
export async function edgeTable(): Promise<string> {
  await using place = await createIsolatePlace(1, { wasm: true });
  const probed = (await place.ask(await bundleProbe())) as Probed;
  const wrong = [
    ...probed.closed.map((api) => `the gap of ${api} is closed: take it out of dev/conformance/gaps.ts`),
    ...probed.present.map((name) => `${name} is there, and dev/conformance/gaps.ts says that it is not`),
  ];
  if (wrong.length > 0) throw new Error(`Cannot make the table: ${wrong.join("; ")}`);
  const minimum = probed.interfaces.filter(({ isBeyond }) => !isBeyond);
  const beyond = probed.interfaces.filter(({ isBeyond }) => isBeyond);
  return [
    HEAD,
    section("Interfaces of the minimum", minimum.map(rowOf)),
    section("Methods and properties of the global object", probed.globals.map(rowOf)),
    section("Beyond the minimum", beyond.map(rowOf)),
    section(
      "Not there",
      Object.entries(ABSENT).map(([name, reason]) => [`\`${name}\``, "absent", reason]),
    ),
    section(
      "Modules of Node.js",
      NODE_MODULES.map(({ name, state, note }) => [
        `\`node:${name}\``,
        state === "throws" ? "absent: loads, and throws when it is used" : state,
        note,
      ]),
    ),
  ].join("\n");
}

function rowOf({ name, isThere, lacks }: Look): readonly string[] {
  const granted = name === "WebAssembly" ? "only for a plugin whose manifest has the right `wasm`" : "";
  if (!isThere) return [`\`${name}\``, "absent", "not there yet"];
  const gaps = GAPS.filter(({ api }) => api === name).map(({ missing }) => missing);
  const missing = [...lacks.map((member) => `no \`${member}\``), ...gaps];
  return [
    `\`${name}\``,
    missing.length === 0 ? "full" : "partial",
    [granted, ...missing].filter(Boolean).join("; "),
  ];
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  return [`## ${title}`, "", "| API | state | note |", "| --- | --- | --- |", ...lines, ""].join("\n");
}

if (import.meta.main) {
  const wanted = await edgeTable();
  if (process.argv.includes("--write")) writeFileSync(FILE, wanted);
  const isCurrent = readFileSync(FILE, "utf8") === wanted;
  console.log(
    isCurrent ? "docs/edge-runtime.md is what the probe says" : "docs/edge-runtime.md says something else",
  );
  process.exit(isCurrent ? 0 : 1);
}
