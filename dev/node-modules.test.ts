/**
 * `node:crypto` and `node:zlib` in an isolate answer as Node's own: one list of questions, asked in both.
 *
 * Answers differ nowhere, errors with their codes and messages included.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createBundler } from "#host/registry/bundle.ts";
import { startSandbox, type TestSandbox } from "#host/sandbox/child/sandbox-for-tests.ts";
import { nodeBinary } from "#host/sandbox/sandboxes-for-tests.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);
const bundler = createBundler({
  sdkEntry: join(root, "host/sdk/sdk.ts"),
  valibotEntry: join(
    dirname(createRequire(import.meta.url).resolve("valibot/package.json")),
    "dist/index.mjs",
  ),
  nodeModules: join(root, "dist/node"),
});
let sandbox: TestSandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(async () => {
  await sandbox.stop();
  await bundler.stop();
});

const PLUGIN = `
  import { defineTool } from "openclaw/sdk";
  import { answers } from "./questions.mjs";
  const execute = async () => JSON.stringify(await answers());
  export default defineTool({ name: "run", description: "Asks", parameters: { type: "object" }, execute });
`;

async function inIsolate(file: string): Promise<unknown> {
  const files = new Map<string, Uint8Array>([
    ["main.ts", new TextEncoder().encode(PLUGIN)],
    ["questions.mjs", await readFile(file)],
  ]);
  const bundle = await bundler.bundle({ id: "asks", files, entry: "main.ts", packagesFolder: null });
  const isolate = await sandbox.open(new TextDecoder().decode(bundle));
  return JSON.parse(await sandbox.text(isolate, { cpuSliceMs: 10_000 }));
}

async function inNode(file: string): Promise<unknown> {
  const print = `import(${JSON.stringify(file)}).then((m) => m.answers()).then((a) => console.log(JSON.stringify(a)))`;
  return JSON.parse((await run(nodeBinary, ["-e", print])).stdout);
}

for (const name of ["crypto", "zlib"]) {
  test(`node:${name} in an isolate answers as Node does`, async () => {
    const file = join(root, "dev/fixtures/node-modules", `${name}.mjs`);
    const [found, expected] = await Promise.all([inIsolate(file), inNode(file)]);
    assert.deepEqual(found, expected);
  });
}
