import assert from "node:assert/strict";
import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { HostError } from "#host/base/errors.ts";
import type { PluginDescription } from "#host/sandbox/contract.ts";
import {
  DICE,
  DICE_MAIN,
  diceLike,
  nextChange,
  openTemporaryRegistry,
  type TemporaryOptions,
  type TemporaryRegistry,
  writeFiles,
} from "./temporary-registry.ts";

async function open(t: TestContext, options: TemporaryOptions = {}): Promise<TemporaryRegistry> {
  const opened = await openTemporaryRegistry(options);
  t.after(() => opened.close());
  return opened;
}

function only(temporary: TemporaryRegistry) {
  const [plugin, ...more] = temporary.registry.plugins();
  assert.ok(plugin !== undefined && more.length === 0, `there are ${more.length + 1} plugins`);
  return plugin;
}

test("the dice folder is found within two seconds and its tool can be used", async (t) => {
  const opened = await open(t, { settleMs: 300 });
  const start = performance.now();
  const found = nextChange(opened.registry, () => opened.registry.tool("roll") !== null);
  await writeFiles(join(opened.home, "plugins/dice"), DICE);
  await found;
  assert.ok(performance.now() - start < 2_000);
  const tool = opened.registry.tool("roll");
  assert.equal(tool?.pluginId, "dice");
  assert.equal(tool.descriptor.description, "Roll a die");
  assert.match(new TextDecoder().decode(await tool.code.load()), /rolled/);
  assert.deepEqual(opened.registry.rightsOf("dice").rights.domains, []);
  assert.equal(only(opened).state, "ready");
});

test("a deleted folder is taken out, and its isolates with it", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/dice", DICE);
  const gone = nextChange(opened.registry, () => opened.registry.tool("roll") === null);
  await rm(join(opened.home, "plugins/dice"), { recursive: true });
  await gone;
  assert.deepEqual(opened.registry.plugins(), []);
  assert.ok(opened.retired.includes("dice"));
  assert.equal(opened.records.size, 0);
});

test("a folder that is still being copied does not load", async (t) => {
  const opened = await open(t, { settleMs: 200 });
  const folder = join(opened.home, "plugins/dice");
  await mkdir(folder);
  await writeFile(join(folder, "openclaw.plugin.json"), DICE["openclaw.plugin.json"] ?? "");
  // A slow copy: the file grows in pieces, each before the folder has been still.
  for (let end = 0; end < DICE_MAIN.length; end += 60) {
    await writeFile(join(folder, "main.ts"), DICE_MAIN.slice(0, end));
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.deepEqual(opened.described, []);
  }
  const loaded = nextChange(opened.registry, () => opened.registry.tool("roll") !== null);
  await writeFile(join(folder, "main.ts"), DICE_MAIN);
  await loaded;
  assert.equal(only(opened).state, "ready");
});

test("a change is used at the next call, and code that did not change is not made again", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/dice", DICE);
  const before = opened.registry.tool("roll")?.code.hash;
  await opened.drop("plugins/dice", { ...DICE, "main.ts": DICE_MAIN.replace("Roll a die", "Throw a die") });
  assert.equal(opened.registry.tool("roll")?.descriptor.description, "Throw a die");
  assert.notEqual(opened.registry.tool("roll")?.code.hash, before);
  assert.equal(opened.described.length, 2);
  await opened.drop("plugins/dice", {
    ...DICE,
    "main.ts": DICE_MAIN.replace("Roll a die", "Throw a die"),
    "notes.txt": "x",
  });
  assert.equal(opened.described.length, 2);
});

test("a broken manifest is told with file, line, key and rule while the earlier version serves on", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/dice", DICE);
  await opened.drop("plugins/dice", {
    ...DICE,
    "openclaw.plugin.json": '{\n "id": "dice",\n "configShema": {}\n}',
  });
  const plugin = only(opened);
  assert.equal(plugin.state, "broken");
  assert.match(
    plugin.problem ?? "",
    /openclaw\.plugin\.json:3:2: "configShema" is not a known key \(did you mean "configSchema"\?\)/,
  );
  assert.match(plugin.problem ?? "", /Version 1\.0\.0, read earlier, serves on/);
  assert.equal(opened.registry.tool("roll")?.pluginId, "dice");
  await opened.drop("plugins/dice", DICE);
  assert.equal(only(opened).state, "ready");
});

test("code that does not bundle is told with its line, and never described", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/dice", {
    ...DICE,
    "main.ts": 'import net from "node:net";\nexport default net;',
  });
  assert.match(
    only(opened).problem ?? "",
    /^Cannot bundle "dice": main\.ts:1:\d+: "node:net" is a module of Node\.js/,
  );
  assert.deepEqual(opened.described, []);
});

test("tools other than the manifest's are refused, naming both", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/dice", { ...DICE, "main.ts": DICE_MAIN.replace('"roll"', '"throw"') });
  assert.match(only(opened).problem ?? "", /manifest declares "roll" and its code defines "throw"/);
  assert.equal(opened.registry.tools().length, 0);
});

test("a symbolic link in a plugin's folder is refused by name", async (t) => {
  const opened = await open(t);
  const { symlink } = await import("node:fs/promises");
  const folder = join(opened.home, "plugins/dice");
  const told = nextChange(opened.registry, () => opened.registry.plugins().length === 1);
  await writeFiles(folder, DICE);
  await symlink("/etc/passwd", join(folder, "passwd.txt"));
  await told;
  assert.match(only(opened).problem ?? "", /Cannot read "passwd\.txt".*symbolic link/);
});

test("of two plugins with one id the first serves and the second is told", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/dice", DICE);
  await opened.drop("plugins/other", diceLike("dice", "throw"));
  assert.equal(opened.registry.tool("roll")?.pluginId, "dice");
  assert.equal(opened.registry.tool("throw"), null);
  const second = opened.registry.plugins().find((plugin) => plugin.state === "broken");
  assert.match(
    second?.problem ?? "",
    /plugins\/other.*its id "dice" belongs to the plugin in "plugins\/dice"/,
  );
  const taken = nextChange(opened.registry, () => opened.registry.tool("throw") !== null);
  await rm(join(opened.home, "plugins/dice"), { recursive: true });
  await taken;
  assert.equal(only(opened).state, "ready");
});

test("of two plugins with one tool the first serves and the second is told", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/dice", DICE);
  await opened.drop("plugins/casino", diceLike("casino", "roll"));
  assert.equal(opened.registry.tool("roll")?.pluginId, "dice");
  const casino = opened.registry.plugins().find(({ id }) => id === "casino");
  assert.match(casino?.problem ?? "", /its tool "roll" is already given by "dice"/);
  assert.equal(casino?.state, "broken");
});

test("what served before a restart serves at once, without bundling or describing", async (t) => {
  const first = await openTemporaryRegistry();
  await first.drop("plugins/dice", DICE);
  const second = await first.restart();
  t.after(() => second.close());
  assert.equal(second.registry.tool("roll")?.pluginId, "dice");
  assert.deepEqual(second.described, []);
  assert.match(new TextDecoder().decode(await second.registry.tool("roll")?.code.load()), /rolled/);
});

test("a folder that broke while the host was down leaves the earlier version serving", async (t) => {
  const first = await openTemporaryRegistry();
  await first.drop("plugins/dice", DICE);
  await first.registry.stop();
  await writeFile(join(first.home, "plugins/dice/openclaw.plugin.json"), "{");
  const second = await first.restart();
  t.after(() => second.close());
  await second.registry.settled();
  assert.equal(only(second).state, "broken");
  assert.equal(second.registry.tool("roll")?.pluginId, "dice");
});

test("a bundle that was changed on the disk is not run", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/dice", DICE);
  const code = opened.registry.tool("roll")?.code;
  assert.ok(code !== undefined);
  await writeFile(join(opened.home, "cache", code.hash), "evil()");
  await assert.rejects(code.load(), { code: "plugin.broken" });
});

test("a plugin that the owner switched off gives no tools, and wrong settings are told", async (t) => {
  const opened = await open(t);
  const schema = { type: "object", properties: { sides: { type: "number" } }, additionalProperties: false };
  await opened.drop("plugins/dice", diceLike("dice", "roll", { configSchema: schema }));
  opened.settings.set("dice", { enabled: false, config: {} });
  await opened.registry.settingsChanged();
  assert.equal(only(opened).state, "disabled");
  assert.equal(opened.registry.tool("roll"), null);
  opened.settings.set("dice", { enabled: true, config: { sides: "many" } });
  await opened.registry.settingsChanged();
  assert.match(only(opened).problem ?? "", /"plugins\.entries\.dice\.config\.sides" breaks its configSchema/);
  assert.equal(opened.registry.tool("roll"), null);
  opened.settings.set("dice", { enabled: true, config: { sides: 8 } });
  await opened.registry.settingsChanged();
  assert.deepEqual(opened.registry.tool("roll")?.code.config, { sides: 8 });
});

test("a plugin folder that is swapped while it loads never mixes two versions", async (t) => {
  const opened = await open(t);
  const folder = join(opened.home, "plugins/dice");
  const version = (n: number) => ({
    ...diceLike("dice", "roll", { version: `${n}.0.0` }),
    "main.ts": `import { text } from "./text.ts";\n${DICE_MAIN.replace('"Roll a die"', `"v${n} " + text`)}`,
    "text.ts": `export const text = "v${n}";`,
  });
  const sides = [version(1), version(2)];
  await Promise.all(sides.map((files, at) => writeFiles(join(opened.home, `side-${at}`), files)));
  await cp(join(opened.home, "side-0"), folder, { recursive: true });
  const seen = new Set<string>();
  opened.registry.onChange(() => {
    const tool = opened.registry.tool("roll");
    if (tool !== null) seen.add(`${opened.registry.plugins()[0]?.version} ${tool.descriptor.description}`);
  });
  for (let round = 0; round < 40; round++) {
    await rm(folder, { recursive: true });
    await cp(join(opened.home, `side-${round % 2}`), folder, { recursive: true });
    await new Promise((resolve) => setTimeout(resolve, round % 7 === 0 ? 80 : 5));
  }
  await opened.registry.settled();
  assert.ok(seen.size > 0);
  for (const one of seen) assert.ok(one === "1.0.0 v1 v1" || one === "2.0.0 v2 v2", one);
});

test("a plugin that could not be described for want of a sandbox is tried again by itself", async (t) => {
  let failures = 2;
  const opened = await open(t, {
    async describe() {
      if (failures-- > 0) throw new HostError("sandbox.unavailable", "Cannot start a sandbox");
      return { kind: "tool", tools: [{ name: "roll", description: "Roll a die", parameters: {} }] };
    },
  });
  const ready = nextChange(opened.registry, () => opened.registry.tool("roll") !== null);
  await opened.drop("plugins/dice", DICE);
  assert.match(only(opened).problem ?? "", /Cannot start a sandbox/);
  await ready;
  assert.equal(only(opened).state, "ready");
});

test("a plugin that is being read for the first time is not called broken", async (t) => {
  const described = Promise.withResolvers<PluginDescription>();
  const asked = Promise.withResolvers<void>();
  const opened = await open(t, {
    async describe() {
      asked.resolve();
      return described.promise;
    },
  });
  await writeFiles(join(opened.home, "plugins/dice"), DICE);
  await asked.promise;
  assert.deepEqual(opened.registry.plugins(), []);
  const ready = nextChange(opened.registry);
  described.resolve({ kind: "tool", tools: [{ name: "roll", description: "Roll a die", parameters: {} }] });
  await ready;
  assert.equal(only(opened).state, "ready");
});

test("nothing is left behind in the state folder", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/dice", DICE);
  assert.deepEqual(await readdir(join(opened.home, "plugins")), ["dice"]);
});

test("the bounds that a manifest asks for are those that its code runs with", async (t) => {
  const opened = await open(t);
  const limits = { heapMiB: 32, rssMiB: 128, cpuSliceMs: 100, deadlineMs: 5_000, concurrency: 2 };
  await opened.drop("plugins/dice", diceLike("dice", "roll", { permissions: { limits } }));
  const code = opened.registry.tool("roll")?.code;
  assert.deepEqual(
    Object.keys(limits).map((name) => code?.[name as keyof typeof limits]),
    Object.values(limits),
  );
});

test("a plugin that crashed too often is shown as quarantined, with the reason", async (t) => {
  const opened = await open(t, { quarantined: ["dice"] });
  await opened.drop("plugins/dice", DICE);
  assert.equal(only(opened).state, "quarantined");
  assert.equal(only(opened).problem, "It crashed repeatedly: it ended by SIGKILL");
});
