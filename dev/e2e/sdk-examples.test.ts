/** The examples in the SDK's docstrings: each has no type error, and each that is a plugin or a test runs in an isolate. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../gateway-process.ts";
import { run, World } from "./processes.fixture.ts";

const world = new World();
let home: string;
let examples: readonly Example[];

interface Example {
  /** `tool.ts, example 1`. */
  readonly name: string;
  readonly code: string;
  readonly folder: string;
}

before(async () => {
  home = await world.folder();
  examples = await readExamples();
  for (const example of examples) await writeExample(example);
});
after(() => world.close());

async function readExamples(): Promise<Example[]> {
  const sdk = join(root, "host", "sdk");
  const names = (await readdir(sdk)).filter((name) => name.endsWith(".ts") && !name.includes(".test"));
  const found: Example[] = [];
  for (const name of names) {
    const text = await readFile(join(sdk, name), "utf8");
    const blocks = [...text.matchAll(/@example\n[ *]*```ts\n([^]*?)\n[ *]*```/g)];
    for (const [index, [, block = ""]] of blocks.entries()) {
      const code = block.replace(/^ *\* ?/gm, "");
      found.push({
        name: `${name}, example ${index + 1}`,
        code,
        folder: `${name.slice(0, -3)}-${index + 1}`,
      });
    }
  }
  return found;
}

const isPlugin = ({ code }: Example) => code.includes("export default");
const isTest = ({ code }: Example) => code.includes("openclaw/sdk/testing");

/** What an example leaves out: the plugin that it tests, or the function that it stands in. */
async function writeExample(example: Example): Promise<void> {
  const { code, folder } = example;
  const at = join(home, folder);
  await mkdir(at);
  const main = isPlugin(example)
    ? code
    : code.includes("checkChannel")
      ? exampleOf("channel")
      : exampleOf("tool");
  const channel = /defineChannel\(\{\s*id: "(\w+)"/.exec(main)?.[1];
  const manifest = {
    id: "example",
    version: "1.0.0",
    configSchema: {},
    ...(channel === undefined ? {} : { channels: [channel] }),
    ...(main.includes("defineRoutes")
      ? { permissions: { routes: [{ path: "/*", methods: ["GET"], verify: "none" }] } }
      : { contracts: { tools: main.includes('name: "roll"') ? ["roll"] : [] } }),
  };
  await writeFile(join(at, "openclaw.plugin.json"), JSON.stringify(manifest));
  await writeFile(join(at, "tsconfig.json"), '{ "extends": "./.openclaw/tsconfig.json" }');
  await writeFile(join(at, "main.ts"), main);
  if (isTest(example)) await writeFile(join(at, "main.test.ts"), code);
  else if (!isPlugin(example)) await writeFile(join(at, "snippet.ts"), around(code));
}

function exampleOf(kind: string): string {
  return examples.find(({ name }) => name.startsWith(`${kind}.ts`))?.code ?? "";
}

function around(snippet: string): string {
  return `import type { ToolContext } from "openclaw/sdk";
export async function example(ctx: ToolContext, article: string) {
${snippet}
}
export type Unused = typeof example extends (ctx: ToolContext, article: string) => unknown ? true : never;
`;
}

test("there are examples of every kind of plugin, of tests, and of what ctx has", () => {
  assert.ok(examples.filter(isPlugin).length >= 4, examples.map(({ name }) => name).join());
  assert.ok(examples.filter(isTest).length >= 3);
  assert.ok(examples.length >= 10);
});

test("no example has a type error", async () => {
  for (const { folder } of examples) await run(await world.folder(), ["plugin", "types", join(home, folder)]);
  const complaints = await Promise.all(examples.map(({ folder }) => complaintsOf(join(home, folder))));
  assert.deepEqual(
    complaints.filter((text) => text !== ""),
    [],
  );
});

function complaintsOf(folder: string): Promise<string> {
  const tsc = join(root, "node_modules", ".bin", "tsc");
  return new Promise((resolve) => execFile(tsc, ["-p", folder], (_error, stdout) => resolve(stdout)));
}

test("every plugin among them loads, and every test among them passes", async () => {
  for (const example of examples.filter((one) => isPlugin(one) || isTest(one))) {
    const own = isTest(example) ? [] : ["--conformance"];
    const { stdout, stderr } = await run(await world.folder(), [
      "plugin",
      "test",
      join(home, example.folder),
      ...own,
    ]);
    assert.match(stdout, /\d+ passed, 0 failed/, `${example.name}: ${stdout}${stderr}`);
  }
});
