/** What an author reads of a crash: from a real bundle, thrown in a real isolate. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRig, request, type Rig } from "#host/sandbox/sandboxes-for-tests.ts";
import type { PluginCode, Sandboxes } from "#host/sandbox/contract.ts";
import { asHostError, type HostError } from "#host/base/errors.ts";
import { createAuthorLines, type AuthorLines } from "./author-lines.ts";
import { codeIn, mapIn, withMap } from "./bundle-map.ts";
import { createBundler, type Bundler } from "./bundle.ts";
import { bundlerPaths } from "./temporary-registry.ts";

let rig: Rig;
let bundler: Bundler;
let lines: AuthorLines;
let sandboxes: Sandboxes;
before(() => {
  rig = createRig();
  bundler = createBundler(bundlerPaths());
  lines = createAuthorLines();
  sandboxes = lines.around(rig.sandboxes);
});
after(async () => {
  await rig.sandboxes.stop();
  await bundler.stop();
});

const MAIN = `import { defineTool } from "openclaw/sdk";
import { deep } from "./parts/deep.ts";

interface Unneeded { readonly gone: string }

export default defineTool({ name: "dice", description: "A die", parameters: {},
  async execute(args: { top?: boolean }) { return deep(); } });
`;
const DEEP = `// A comment that the bundle does not have.
type Also = "gone";
export const deep = (): string => {
  throw new Error("deep trouble");
};
`;

async function pluginOf(main = MAIN, spoil = (bundle: Uint8Array) => bundle): Promise<PluginCode> {
  const files = { "main.ts": main, "parts/deep.ts": DEEP };
  const entries = Object.entries(files).map(
    ([path, text]) => [path, new TextEncoder().encode(text)] as const,
  );
  const made = await bundler.bundle({
    id: "dice",
    files: new Map(entries),
    entry: "main.ts",
    packagesFolder: null,
  });
  const bundle = spoil(made);
  return {
    id: "dice",
    trustGroup: "tools",
    hash: crypto.randomUUID(),
    load: async () => codeIn(bundle),
    bundle: async () => bundle,
    config: {},
    heapMiB: 64,
    rssMiB: 512,
    cpuSliceMs: 2_000,
    deadlineMs: 10_000,
    wasm: false,
  };
}

const failureOf = (work: Promise<unknown>): Promise<HostError> =>
  work.then(() => assert.fail("it should have failed"), asHostError);

test("a thrown error points at the author's file and line", async () => {
  const plugin = await pluginOf();
  const error = await failureOf(sandboxes.callTool(plugin, request(plugin)));
  assert.equal(error.message, '"dice" failed: Error: deep trouble');
  assert.match(String(error.cause), /^ +at \w+ \(parts\/deep\.ts:4:9\)\n +at \S+ \(main\.ts:7:\d+\)$/);
});

test("so does code that throws while it loads", async () => {
  const plugin = await pluginOf(`import { deep } from "./parts/deep.ts";\n\nexport default deep();\n`);
  const error = await failureOf(sandboxes.describe(plugin));
  assert.match(String(error.cause), /parts\/deep\.ts:4:9.*\n.*main\.ts:3:16/);
});

test("the isolate gets no map, and no map names a path of this machine", async () => {
  const plugin = await pluginOf();
  const code = new TextDecoder().decode(await plugin.load());
  assert.doesNotMatch(code, /sourceMappingURL/);
  const map = JSON.parse(mapIn((await plugin.bundle?.()) ?? new Uint8Array(), 1e6) ?? "{}") as {
    sources: string[];
  };
  assert.deepEqual([...map.sources].sort(), ["main.ts", "openclaw/tool.ts", "parts/deep.ts"]);
});

test("a console line with places in it is told in the author's terms, and lines keep their order", async () => {
  const plugin = await pluginOf();
  await failureOf(sandboxes.callTool(plugin, request(plugin)));
  const written: string[] = [];
  const all = new Promise<void>((resolve) => {
    for (const text of [
      "first",
      "Error: x\n    at deep (plugin:dice:29:9)\n    at async H1 (edge:runtime:18:2)",
      "last",
    ])
      lines.onConsole("dice", text, (line) => {
        written.push(line);
        if (written.length === 3) resolve();
      });
  });
  await all;
  assert.equal(written[0], "first");
  assert.match(
    written[1] ?? "",
    /^Error: x\n {4}at deep \((?:parts\/deep|main|openclaw\/tool)\.ts:\d+:\d+\)$/,
  );
  assert.equal(written[2], "last");
});

test("a hostile map names no line of the host's and does no harm", async () => {
  const hostile = (sources: string[], mappings: string) => (bundle: Uint8Array) =>
    withMap(new TextDecoder().decode(codeIn(bundle)), JSON.stringify({ sources, names: [], mappings }));
  const everyLine = ";AAAA".repeat(60);
  const broken = [
    hostile(["\n    at /etc/passwd:1:1\u001b[31m"], everyLine),
    hostile(["x".repeat(100_000)], everyLine),
    hostile(["main.ts"], "!!!not a mapping!!!"),
    hostile([], everyLine),
    (bundle: Uint8Array) =>
      new Uint8Array([
        ...codeIn(bundle),
        ...new TextEncoder().encode("\n//# sourceMappingURL=data:application/json;base64,!!"),
      ]),
  ];
  for (const spoil of broken) {
    const plugin = await pluginOf(MAIN, spoil);
    const error = await failureOf(sandboxes.callTool(plugin, request(plugin)));
    assert.equal(error.message, '"dice" failed: Error: deep trouble');
    for (const line of String(error.cause).split("\n")) {
      assert.ok(line.length < 400, line.slice(0, 80));
      assert.match(line, /^ +at [\w.]+ \([\w./:@+-]+:\d+:\d+\)$/);
    }
  }
});

test("a map with too many places is left alone, at once", async () => {
  const mappings = ";" + "AAAA,".repeat(2_000_000);
  const plugin = await pluginOf(MAIN, (bundle) =>
    withMap(
      new TextDecoder().decode(codeIn(bundle)),
      JSON.stringify({ sources: ["x"], names: [], mappings }),
    ),
  );
  const started = performance.now();
  const error = await failureOf(sandboxes.callTool(plugin, request(plugin)));
  assert.match(String(error.cause), /plugin:dice:\d+:\d+/);
  assert.ok(performance.now() - started < 3_000);
});

test("a map that is too large is not read", async () => {
  const bundle = withMap("code", JSON.stringify({ sources: ["x"], names: [], mappings: "A".repeat(10_000) }));
  assert.equal(mapIn(bundle, 5_000), null);
  assert.notEqual(mapIn(bundle, 100_000), null);
});
