/** `openclaw plugin dev` as its author sees it: real isolates, real saves, real refusals. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Dev } from "./plugin-dev.fixture.ts";
import { writePlugin } from "./plugins.fixture.ts";
import { descendantsOf, eventually, isAlive, World } from "./processes.fixture.ts";

const world = new World();
let folder: string;
let dev: Dev;

before(async () => {
  folder = join(await world.folder(), "weather");
  await writePlugin(folder, "weather", BODY, { top: 'import { deep } from "./deep.ts";' });
  await writeFile(join(folder, "deep.ts"), DEEP);
  dev = new Dev(await world.folder(), [folder, "--call", "weather", "{}"]);
});
after(async () => {
  dev.child.kill("SIGKILL");
  await world.close();
});

const BODY = `
    if (args.do === "throw") return deep();
    if (args.do === "read") return ctx.files.readText("notes/a.txt");
    if (args.do === "log") return String(console.log("hello from the isolate"));
    if (args.do === "fetch") return (await fetch("https://api.example.org/")).text();
    return "version one";`;
const DEEP = `// One line before.

export function deep(): string {
  throw new Error("deep trouble");
}
`;

describe("plugin dev", () => {
  test("runs the plugin in an isolate and calls the tool", async () => {
    await dev.until(/✓ weather runs: weather/);
    await dev.until(/version one/);
    await dev.until(/← weather: done in \d+ ms/);
  });

  test("a save is running within 300 ms, and the tool is called again", async () => {
    const main = join(folder, "main.ts");
    await writeFile(main, (await readFile(main, "utf8")).replace("version one", "version two"));
    const [, ms] = await dev.until(/✓ weather reloaded, (\d+) ms after the save/);
    await dev.until(/version two/);
    console.log(`save to running: ${ms} ms`);
    assert.ok(Number(ms) <= 300, `${ms} ms`);
  });

  test("a refused host comes with the line for the manifest, and the line lets it through", async () => {
    dev.line('weather {"do": "fetch"}');
    const [, line = ""] = await dev.until(/In openclaw\.plugin\.json:\n {2}("permissions": .*)/);
    assert.equal(line, '"permissions": {"domains":["api.example.org"]}');
    dev.line('weather {"do": "read"}');
    const [, read = ""] = await dev.until(/In openclaw\.plugin\.json:\n {2}("permissions": .*)/);
    assert.equal(read, '"permissions": {"paths":{"read":["$WORKSPACE/notes"]}}');
    await addLine(read);
    await dev.until(/✓ weather reloaded/);
    dev.line('weather {"do": "read"}');
    await dev.until(/there is no such|not exist|no file|No such|Cannot read/i);
    assert.doesNotMatch(dev.unread(), /not declared/);
  });

  test("an error that is thrown names the author's file and line", async () => {
    dev.line('weather {"do": "throw"}');
    await dev.until(/deep trouble\n +at deep \(deep\.ts:4:9\)\n +at .*\(main\.ts:\d+:\d+\)/);
  });

  test("console lines are shown", async () => {
    dev.line('weather {"do": "log"}');
    await dev.until(/info │ hello from the isolate/);
  });

  test("what does not bundle is told with file and line, and mended by the next save", async () => {
    await writeFile(join(folder, "deep.ts"), DEEP.replace("throw new", "throw new new new ("));
    await dev.until(/✗ does not run:\n.*deep\.ts:4:\d+: /);
    await writeFile(join(folder, "deep.ts"), DEEP);
    await dev.until(/✓ weather reloaded/);
  });

  test("a line that is no call is told so", async () => {
    dev.line("weather {not json");
    await dev.until(/✗ It must be a JSON object/);
  });

  test("SIGINT ends everything that it started", async () => {
    const { pid = 0 } = dev.child;
    const below = await descendantsOf(pid);
    assert.ok(below.length > 0);
    const ended = new Promise((resolve) => dev.child.once("exit", resolve));
    dev.child.kill("SIGINT");
    assert.equal(await ended, 0);
    await eventually(
      async () => below.filter(isAlive),
      (left) => left.length === 0,
    );
  });
});

async function addLine(line: string): Promise<void> {
  const path = join(folder, "openclaw.plugin.json");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace(/\n\}\s*$/, `,\n  ${line}\n}\n`));
}
