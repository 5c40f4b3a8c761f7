/**
 * Holds the import table to the code: every import of every source file, type imports included.
 *
 * Tests may import what they like of ours: they join rooms on purpose. That the check can fail is shown by
 * planted breaches.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { IMPORT_TABLE, PACKAGE_TABLE } from "./import-table.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const SOURCE_FOLDERS = ["host", "manifests", "drizzle", "plugins"];
const IMPORT =
  /(?:^|\n)\s*(?:import\s+(?:(type\s)?[^;"'`()=]*?\sfrom\s+)?|export\s+(type\s)?[^;"'`()=]*?\sfrom\s+)["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g;

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly how: "value" | "types" | "lazy";
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        /\.tsx?$/.test(entry.name) &&
        !/\.(test|test-d|browser-test)\.tsx?$|counterpart\.ts$/.test(entry.name),
    )
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(file: string, text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "");
  return [...code.matchAll(IMPORT)].map((match) => ({
    from: file,
    specifier: match[3] ?? match[4] ?? "",
    how: match[4] !== undefined ? "lazy" : (match[1] ?? match[2]) !== undefined ? "types" : "value",
  }));
}

/** The file of ours that a specifier names, relative to the root; null for a package. */
function target(found: Import): string | null {
  if (found.specifier.startsWith("#")) return found.specifier.slice(1);
  if (found.specifier.startsWith("openclaw/")) return "host/sdk/sdk.ts";
  if (!found.specifier.startsWith(".")) return null;
  return normalize(join(dirname(found.from), found.specifier));
}

function roomOf(file: string): string {
  const folder = dirname(file);
  const rooms = Object.keys(IMPORT_TABLE).filter(
    (room) => folder === room || (room !== "host" && folder.startsWith(`${room}/`)),
  );
  return rooms.sort((a, b) => b.length - a.length)[0] ?? "";
}

function breach(found: Import): string | null {
  const from = roomOf(found.from);
  const to = target(found);
  if (to === null) return packageBreach(found, from);
  const room = roomOf(to);
  if (from === "plugins/tools" || from === "plugins/skills" || from === "plugins/channels") {
    const folder = found.from.split("/").slice(0, 3).join("/");
    return to.startsWith(`${folder}/`) || to === "host/sdk/sdk.ts" ? null : line(found, to);
  }
  if (room === from) return null;
  const allowed = IMPORT_TABLE[from] ?? [];
  const covers = (entry: string) =>
    room === entry || (entry === "host/gateway/protocol" && to.startsWith("host/gateway/protocol/"));
  if (allowed.some((entry) => covers(entry))) return null;
  if (found.how === "types" && allowed.some((entry) => entry.startsWith("types:") && covers(entry.slice(6))))
    return null;
  if (found.how === "lazy" && allowed.some((entry) => entry.startsWith("lazy:") && covers(entry.slice(5))))
    return null;
  return line(found, to);
}

function packageBreach(found: Import, from: string): string | null {
  const name = found.specifier
    .split("/")
    .slice(0, found.specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const rooms = PACKAGE_TABLE[name];
  if (rooms === undefined || rooms.includes(from) || from.startsWith("plugins/")) return null;
  return `${found.from} imports the package ${name}: only ${rooms.join(", ")} may`;
}

function line(found: Import, to: string): string {
  return `${found.from} imports ${to} (${found.how}): not in the import table`;
}

const files = SOURCE_FOLDERS.flatMap(sourceFiles);
const imports = files.flatMap((file) => importsOf(file, readFileSync(join(root, file), "utf8")));

test("every import of ours is in the import table", () => {
  assert.deepEqual(
    imports.map(breach).filter((found) => found !== null),
    [],
  );
});

test("every source file stands in a room of the table", () => {
  assert.deepEqual(
    files.filter((file) => roomOf(file) === ""),
    [],
  );
});

test("the scan sees the code: hundreds of imports, of every way of writing them", () => {
  assert.ok(imports.length > 200, `only ${imports.length} imports were seen`);
  for (const how of ["value", "types", "lazy"] as const)
    assert.ok(
      imports.some((found) => found.how === how),
      `no ${how} import was seen`,
    );
});

test("every room of the table stands in ARCHITECTURE.md", () => {
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const told = (room: string) => text.includes(`\`${room}\``) || text.includes(`\`${room}/\``);
  const rooms = Object.keys(IMPORT_TABLE).filter((room) => room !== "host" && !room.startsWith("plugins/"));
  assert.deepEqual(
    rooms.filter((room) => !told(room)),
    [],
  );
});

test("a planted breach of each kind is caught", () => {
  const planted = [
    ["host/broker/x.ts", 'import { a } from "#host/gateway/ports.ts";'],
    ["host/agent/x.ts", 'import type { A } from "#host/store/open.ts";'],
    ["host/base/x.ts", 'import "../llm/provider.ts";'],
    ["host/gateway/page/x.tsx", 'import { parse } from "#host/gateway/protocol/frames.ts";'],
    ["host/gateway/x.ts", 'const m = await import("#host/cli/cli.ts");'],
    ["plugins/tools/read/x.ts", 'export { a } from "../web_fetch/main.ts";'],
    ["plugins/tools/read/x.ts", 'import { a } from "#host/base/json.ts";'],
    ["host/agent/x.ts", 'import ivm from "isolated-vm";'],
    ["host/llm/x.ts", 'export * from "#host/store/open.ts";'],
    ["host/llm/x.ts", 'import {\n  a,\n  b,\n} from "#host/broker/decide.ts";'],
  ] as const;
  for (const [file, code] of planted) {
    assert.equal(
      importsOf(file, code)
        .map(breach)
        .filter((found) => found !== null).length,
      1,
      `${file}: ${code}`,
    );
  }
});
