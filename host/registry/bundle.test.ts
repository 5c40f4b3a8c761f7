import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import vm from "node:vm";
import { HostError } from "#host/base/errors.ts";
import { createBundler } from "./bundle.ts";
import { bundlerPaths } from "./temporary-registry.ts";

const bundler = createBundler(bundlerPaths());
after(() => bundler.stop());

async function bundle(files: Record<string, string>, packagesFolder: string | null = null): Promise<string> {
  const encoder = new TextEncoder();
  const bytes = new Map(Object.entries(files).map(([path, text]) => [path, encoder.encode(text)]));
  const code = await bundler.bundle({ id: "x", files: bytes, entry: "main.ts", packagesFolder });
  return new TextDecoder().decode(code);
}

/** What the bundle's entry exports, evaluated in a realm of its own. */
function exportsOf(code: string): Record<string, unknown> {
  return vm.runInNewContext(`${code}\n__plugin`) as Record<string, unknown>;
}

async function refusal(files: Record<string, string>, packagesFolder: string | null = null): Promise<string> {
  const error = await bundle(files, packagesFolder).then(
    () => assert.fail("was bundled"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof HostError && error.code === "plugin.bundle");
  return error.message;
}

test("the smallest tool becomes one script with its default export", async () => {
  const code = await bundle({
    "main.ts": `import { defineTool } from "openclaw/sdk";
      export default defineTool({ name: "roll", description: "Roll a die",
        parameters: { type: "object", properties: { sides: { type: "number" } } },
        async execute({ sides }, ctx) { return \`rolled \${1 + Math.floor(Math.random() * (sides ?? 6))}\`; } });`,
  });
  const plugin = exportsOf(code)["default"] as { kind: string; tools: { name: string }[] };
  assert.equal(plugin.kind, "tool");
  assert.equal(plugin.tools[0]?.name, "roll");
});

test("valibot is the host's", async () => {
  const code = await bundle({
    "main.ts": `import * as v from "valibot"; export default v.parse(v.string(), "given");`,
  });
  assert.equal(exportsOf(code)["default"], "given");
});

test("a plugin's own files are found by the usual spellings", async () => {
  const code = await bundle({
    "main.ts": `import { a } from "./lib/a.js"; import b from "./lib/b"; import data from "./data.json"; import text from "./t.md";
      export default [a, b, data.n, text];`,
    "lib/a.ts": `export { a } from "../deep";`,
    "deep/index.ts": `export const a: number = 1;`,
    "lib/b.ts": `export default 2;`,
    "data.json": `{"n":3}`,
    "t.md": `four`,
  });
  assert.equal(JSON.stringify(exportsOf(code)["default"]), '[1,2,3,"four"]');
});

test("an import out of the folder is refused with its line", async () => {
  assert.match(
    await refusal({ "main.ts": `\nimport x from "../secret.ts"; export default x;` }),
    /^Cannot bundle "x": main\.ts:2:\d+: "\.\.\/secret\.ts" is outside of the plugin's folder/,
  );
  assert.match(await refusal({ "main.ts": `import "./a/../../b.ts"` }), /outside of the plugin's folder/);
  assert.match(await refusal({ "main.ts": `import "/etc/passwd"` }), /not beneath the plugin's folder/);
  assert.match(
    await refusal({ "main.ts": `import "file:///etc/passwd"` }),
    /not beneath the plugin's folder/,
  );
  assert.match(await refusal({ "main.ts": `import "https://example.org/x.js"` }), /not beneath/);
  assert.match(await refusal({ "main.ts": `import "data:text/javascript,1"` }), /not beneath/);
  assert.match(
    await refusal({ "main.ts": `export * from "./gone.ts"` }),
    /does not exist in the plugin's folder/,
  );
  assert.match(await refusal({ "main.ts": `import "./x.node"`, "x.node": "" }), /is no code, JSON or text/);
});

test("modules of Node.js, packages and upstream's interface are refused by name", async () => {
  assert.match(
    await refusal({ "main.ts": `import net from "node:net"; net;` }),
    /main\.ts:1:\d+: "node:net" is a module of Node\.js that an isolate cannot have: .*use fetch/,
  );
  assert.match(
    await refusal({ "main.ts": `const run = require("child_process"); run;` }),
    /"child_process" is a module of Node\.js that an isolate cannot have: .*ctx\.commands/,
  );
  assert.match(await refusal({ "main.ts": `import "node:nothing";` }), /there is no such module/);
  assert.match(await refusal({ "main.ts": `await import("left-pad");` }), /left-pad|Top-level await/);
  assert.match(await refusal({ "main.ts": `import x from "left-pad"; x;` }), /openclaw plugin install/);
  assert.match(
    await refusal({ "main.ts": `import { x } from "openclaw/plugin-sdk/core"; x;` }),
    /in-process plugin interface/,
  );
});

test("a syntax error says where it is", async () => {
  assert.match(await refusal({ "main.ts": "export default {\n  a: ;\n}" }), /main\.ts:2:6: Unexpected ";"/);
});

test("a tsconfig in the folder changes nothing", async () => {
  const plain = await bundle({ "main.ts": `export default "x"` });
  const withConfig = await bundle({
    "main.ts": `export default "x"`,
    "tsconfig.json": '{"compilerOptions":{"paths":{"*":["/etc/*"]},"jsx":"react"}}',
  });
  assert.equal(withConfig, plain);
});

test("an installed plugin's packages are bundled, and stay inside its node_modules", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "bundle-"));
  t.after(() => rm(folder, { recursive: true }));
  const addPackage = async (name: string, code: string) => {
    await mkdir(join(folder, "node_modules", name), { recursive: true });
    await writeFile(join(folder, "node_modules", name, "index.js"), code);
  };
  await addPackage("one", `import { two } from "two"; export const one = 1 + two;`);
  await addPackage("two", `export const two = 2;`);
  await addPackage("greedy", `export { Socket } from "net"; export { connect } from "net";`);
  await addPackage("wishful", `try { require("not-installed") } catch { exports.without = true }`);
  await addPackage(
    "ancient",
    `exports.bytes = Buffer.from("b4", "hex")[0]; exports.node = typeof process.version;`,
  );
  await addPackage("escapee", `export * from "../../../secret.js";`);
  await writeFile(join(dirname(folder), "secret.js"), "export const secret = 1;");
  t.after(() => rm(join(dirname(folder), "secret.js")));
  await symlink(dirname(folder), join(folder, "node_modules", "linked"));

  const code = await bundle({ "main.ts": `import { one } from "one"; export default one;` }, folder);
  assert.equal(exportsOf(code)["default"], 3);
  const mentions = await bundle({ "main.ts": `export * from "greedy";` }, folder);
  const { Socket, connect } = exportsOf(mentions) as { Socket: new () => object; connect: () => void };
  const own = class extends Socket {};
  assert.throws(() => new own(), /Cannot use net\.Socket in an isolate: .*ctx\.net/);
  assert.throws(connect, /Cannot use net\.connect in an isolate/);
  assert.equal(exportsOf(await bundle({ "main.ts": `export * from "wishful"` }, folder))["without"], true);
  const { bytes, node } = exportsOf(await bundle({ "main.ts": `export * from "ancient"` }, folder));
  assert.deepEqual([bytes, node], [0xb4, "string"]);
  assert.match(
    await refusal({ "main.ts": `import "escapee"` }, folder),
    /outside of the plugin's node_modules/,
  );
  assert.match(
    await refusal({ "main.ts": `import "linked/secret.js"` }, folder),
    /outside of the plugin's node_modules/,
  );
  assert.match(await refusal({ "main.ts": `import "absent"` }, folder), /not in the plugin's node_modules/);
});

test("a module of Node's with a shim may be imported by any plugin, and only where it is imported is it there", async () => {
  const code = await bundle({
    "main.ts": `import { join } from "node:path"; import EventEmitter from "events";
      export default [join("a", "../b"), new EventEmitter() instanceof EventEmitter.EventEmitter];`,
  });
  assert.equal(JSON.stringify(exportsOf(code)["default"]), '["b",true]');
  assert.ok((await bundle({ "main.ts": "export default 1" })).length < 4_000);
});

test("async functions become generators where a store must follow an await, and only there", async () => {
  const waits = "export default async () => { await null; return 1; }";
  const carries = `import { AsyncLocalStorage } from "node:async_hooks"; export const s = new AsyncLocalStorage(); ${waits}`;
  assert.match(await bundle({ "main.ts": waits }), /async \(\) =>/);
  assert.doesNotMatch(await bundle({ "main.ts": carries }), /async \(\) =>|await null/);
});

test("WebAssembly comes into the bundle: as a module where it is imported, as an address where it is named", async () => {
  const empty = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]);
  const encoder = new TextEncoder();
  const main = `import module from "./a.wasm";
    const address = new URL("./a.wasm", import.meta.url);
    export default [module, address];`;
  const files = new Map([
    ["main.ts", encoder.encode(main)],
    ["a.wasm", empty],
  ]);
  const code = await bundler.bundle({ id: "x", files, entry: "main.ts", packagesFolder: null });
  const Blob = function Blob([bytes]: Uint8Array[]) {
    assert.deepEqual(bytes, empty);
  };
  const URL = Object.assign(String, { createObjectURL: () => "blob:x" });
  // The realm's own, which is not the test's, has no base64 of its own in every runtime.
  const bytes = Object.assign(Uint8Array, {
    fromBase64: (text: string) => new Uint8Array(Buffer.from(text, "base64")),
  });
  const realm = vm.createContext({ Blob, URL, Uint8Array: bytes, WebAssembly });
  const [module, address] = vm.runInContext(
    `${new TextDecoder().decode(code)}\n__plugin.default`,
    realm,
  ) as unknown[];
  assert.ok(module instanceof WebAssembly.Module);
  assert.equal(String(address), "blob:x");
});

test("a bundler whose process was killed is started anew", async () => {
  await bundle({ "main.ts": "export default 1" });
  const { execFileSync } = await import("node:child_process");
  const children = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], {
    encoding: "utf8",
  });
  const pid = Number(/^\s*(\d+) .*esbuild.*--service/m.exec(children)?.[1]);
  assert.ok(pid > 0, children);
  process.kill(pid, "SIGKILL");
  assert.match(await bundle({ "main.ts": "export default 2" }), /__plugin/);
});
