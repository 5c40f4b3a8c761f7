import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { create, Header, Pax } from "tar";
import {
  DICE,
  DICE_MAIN,
  diceLike,
  type Files,
  nextChange,
  openTemporaryRegistry,
  type TemporaryOptions,
  type TemporaryRegistry,
  writeFiles,
} from "./temporary-registry.ts";

const WEATHER = diceLike("weather", "forecast", { permissions: { domains: ["api.example.org"] } });

async function open(t: TestContext, options: TemporaryOptions = {}): Promise<TemporaryRegistry> {
  const opened = await openTemporaryRegistry(options);
  t.after(() => opened.close());
  return opened;
}

/** A folder outside of the registry's roots. */
async function source(opened: TemporaryRegistry, files: Files): Promise<string> {
  const folder = join(opened.home, "source", crypto.randomUUID());
  await writeFiles(folder, files);
  return folder;
}

/** The same folder with other files in it. */
async function rewrite(folder: string, files: Files): Promise<string> {
  await rm(folder, { recursive: true });
  await writeFiles(folder, files);
  return folder;
}

async function archive(opened: TemporaryRegistry, files: Files): Promise<string> {
  const cwd = join(opened.home, "source", crypto.randomUUID());
  await writeFiles(join(cwd, "package"), files);
  const file = `${cwd}.tgz`;
  await create({ gzip: true, cwd, file }, ["package"]);
  return file;
}

test("a folder is copied, pinned and used at once, also after a restart", async (t) => {
  const first = await openTemporaryRegistry();
  const summary = await first.registry.install({ source: await source(first, DICE), yes: false });
  assert.equal(summary.state, "ready");
  assert.equal(summary.origin, "installed");
  assert.equal(first.registry.tool("roll")?.pluginId, "dice");
  const second = await first.restart();
  t.after(() => second.close());
  assert.equal(second.registry.tool("roll")?.origin, "installed");
  assert.deepEqual(await readdir(join(second.home, "plugins")), ["dice"]);
});

test("an archive is unpacked, bundled and used", async (t) => {
  const opened = await open(t);
  await opened.registry.install({ source: await archive(opened, DICE), yes: false });
  assert.equal(opened.registry.tool("roll")?.pluginId, "dice");
});

test("a package comes from npm through the given door, and without one the way is told", async (t) => {
  const asked: string[] = [];
  const opened = await open(t, {
    async fetchPackage(name) {
      asked.push(name);
      return readFile(await archive(opened, DICE));
    },
  });
  await opened.registry.install({ source: "@acme/dice", yes: false });
  assert.deepEqual(asked, ["@acme/dice"]);
  const closed = await open(t);
  await assert.rejects(closed.registry.install({ source: "@acme/dice", yes: false }), {
    code: "request.invalid",
    fix: /npm pack @acme\/dice/,
  });
  await assert.rejects(closed.registry.install({ source: "../dice", yes: false }), {
    code: "request.invalid",
  });
});

test("what is no name of a package on the registry is never asked for: addresses, git, paths, other names", async (t) => {
  const asked: string[] = [];
  const opened = await open(t, { fetchPackage: async (name) => Buffer.from(String(asked.push(name))) });
  const specs = [
    "https://evil.example/x.tgz",
    "git+ssh://git@evil.example/x.git",
    "github:evil/x",
    "evil/x",
    "file:../x",
    "npm:other",
    "x@npm:other",
    "x@https://evil.example/x.tgz",
    "x@file:../x",
    "../x",
    "@acme/../x",
    "@acme/x/y",
    "x%2f..%2fy",
    "x?y",
    "x#y",
    "-x",
    ".x",
    "x y",
    "x\n",
    "x\0",
    "",
  ];
  for (const source of specs) {
    await assert.rejects(opened.registry.install({ source, yes: true }), {
      code: "request.invalid",
      message: /neither an absolute path nor the name of an npm package/,
    });
  }
  assert.deepEqual(asked, []);
});

test("without a yes a plugin that asks for rights waits; with it, it is granted", async (t) => {
  const opened = await open(t);
  const folder = await source(opened, WEATHER);
  assert.equal((await opened.registry.install({ source: folder, yes: false })).state, "waiting");
  assert.equal(opened.registry.approvals().length, 1);
  assert.equal((await opened.registry.install({ source: folder, yes: true })).state, "ready");
  assert.deepEqual(opened.registry.rightsOf("weather").rights.domains, ["api.example.org"]);
});

test("an update with the same rights is used at once; one that asks for more waits while the earlier serves", async (t) => {
  const opened = await open(t);
  const folder = await source(opened, WEATHER);
  await opened.registry.install({ source: folder, yes: true });
  const same = { ...WEATHER, "main.ts": `${WEATHER["main.ts"]}\nconsole.log(2);` };
  await rewrite(folder, same);
  assert.equal((await opened.registry.install({ source: folder, yes: false })).state, "ready");
  const before = opened.registry.tool("forecast")?.code.hash;
  const wider = diceLike("weather", "forecast", {
    version: "3.0.0",
    permissions: { domains: ["api.example.org", ".evil.example"] },
  });
  await rewrite(folder, wider);
  const summary = await opened.registry.install({ source: folder, yes: false });
  assert.equal(summary.state, "suspended");
  assert.equal(opened.registry.tool("forecast")?.code.hash, before);
  assert.deepEqual(opened.registry.rightsOf("weather").rights.domains, ["api.example.org"]);
});

test("from another source the same rights are asked for again: until the yes the earlier code serves, also after a restart", async (t) => {
  const first = await openTemporaryRegistry();
  await first.registry.install({ source: await source(first, WEATHER), yes: true });
  const before = first.registry.tool("forecast")?.code.hash;
  const foreign = { ...WEATHER, "main.ts": `${WEATHER["main.ts"]}\nconsole.log("theirs");` };
  const theirs = await archive(first, foreign);
  const summary = await first.registry.install({ source: theirs, yes: false });
  assert.equal(summary.state, "suspended");
  assert.match(
    summary.asks.at(-1) ?? "",
    /^takes over the rights, secrets and data of the folder "source\/.*"; it comes from an archive \(SHA-256/,
  );
  assert.equal(first.registry.tool("forecast")?.code.hash, before);
  const second = await first.restart();
  t.after(() => second.close());
  const { registry } = second;
  assert.equal(registry.tool("forecast")?.code.hash, before);
  const [approval] = registry.approvals();
  assert.match(approval?.title ?? "", /"weather" comes from another source and asks for 1 right/);
  assert.match(approval?.lines[1] ?? "", /^takes over/);
  const granted = await second.grant("weather");
  assert.deepEqual([granted.state, granted.asks], ["ready", ["domain api.example.org"]]);
  assert.notEqual(registry.tool("forecast")?.code.hash, before);
  // The same source again is no question any more.
  assert.equal((await registry.install({ source: theirs, yes: false })).state, "ready");
});

test("what asks for no rights would take over an earlier one's data, so it is asked for from another source too", async (t) => {
  const foreign = { ...DICE, "main.ts": `${DICE_MAIN}\nconsole.log("theirs");` };
  const opened = await open(t, { fetchPackage: async () => readFile(await archive(opened, foreign)) });
  await opened.registry.install({ source: await source(opened, DICE), yes: false });
  const before = opened.registry.tool("roll")?.code.hash;
  const summary = await opened.registry.install({ source: "@acme/dice@2.0.0", yes: false });
  assert.equal(summary.state, "suspended");
  assert.match(summary.asks.join(), /it comes from the npm package "@acme\/dice"$/);
  assert.equal(opened.registry.tool("roll")?.code.hash, before);
  assert.equal((await opened.grant("dice")).state, "ready");
  // Another version of the package is the same source.
  assert.equal((await opened.registry.install({ source: "@acme/dice", yes: false })).state, "ready");
});

test("an update that is broken leaves everything as it was", async (t) => {
  const opened = await open(t);
  await opened.registry.install({ source: await source(opened, DICE), yes: false });
  const broken = { ...DICE, "main.ts": 'import "node:net";' };
  await assert.rejects(opened.registry.install({ source: await source(opened, broken), yes: false }), {
    code: "plugin.bundle",
  });
  assert.equal(opened.registry.tool("roll")?.pluginId, "dice");
  assert.deepEqual(await readdir(join(opened.home, "plugins")), ["dice"]);
  assert.equal(await readFile(join(opened.home, "plugins/dice/main.ts"), "utf8"), DICE_MAIN);
});

test("an installed file that was changed is refused by name and no code of it runs, until it is as it was", async (t) => {
  const opened = await open(t);
  await opened.registry.install({ source: await source(opened, DICE), yes: false });
  const file = join(opened.home, "plugins/dice/main.ts");
  const refused = nextChange(opened.registry, () => opened.registry.tool("roll") === null);
  await writeFile(file, `${DICE_MAIN}\n// changed`);
  await refused;
  const [plugin] = opened.registry.plugins();
  assert.equal(plugin?.state, "broken");
  assert.match(plugin.problem ?? "", /Cannot use "dice": it is not what was installed \(changed main\.ts\)/);
  const back = nextChange(opened.registry, () => opened.registry.tool("roll") !== null);
  await writeFile(file, DICE_MAIN);
  await back;
  assert.equal(opened.registry.plugins()[0]?.state, "ready");
});

test("a change of an installed file is seen after a restart too", async (t) => {
  const first = await openTemporaryRegistry();
  await first.registry.install({ source: await source(first, DICE), yes: false });
  await first.registry.stop();
  await writeFile(join(first.home, "plugins/dice/extra.ts"), "");
  const second = await first.restart();
  t.after(() => second.close());
  await second.registry.settled();
  assert.match(second.registry.plugins()[0]?.problem ?? "", /not what was installed \(added extra\.ts\)/);
  assert.equal(second.registry.tool("roll"), null);
});

test("a removed plugin is gone with its folder, its record, its rights and its data; an update keeps them", async (t) => {
  const opened = await open(t);
  const folder = await source(opened, WEATHER);
  await opened.registry.install({ source: folder, yes: true });
  await opened.registry.install({ source: folder, yes: true });
  assert.deepEqual(opened.forgotten, []);
  await opened.registry.remove("weather");
  assert.deepEqual(opened.forgotten, ["weather"]);
  assert.deepEqual(opened.registry.plugins(), []);
  assert.deepEqual(await readdir(join(opened.home, "plugins")), []);
  assert.equal(opened.records.size, 0);
  assert.equal((await opened.registry.install({ source: folder, yes: false })).state, "waiting");
});

test("packages are bundled from node_modules, and asked for when they are missing", async (t) => {
  const opened = await open(t);
  const files = {
    ...DICE,
    "package.json": '{"name":"dice","dependencies":{"left":"1.0.0","valibot":"*"}}',
    "main.ts": `import { left } from "left";\n${DICE_MAIN.replace('"Roll a die"', "left")}`,
  };
  await assert.rejects(opened.registry.install({ source: await source(opened, files), yes: false }), {
    message: /it needs "left" and has no node_modules/,
    fix: /--ignore-scripts/,
  });
  const whole = {
    ...files,
    "node_modules/left/index.js": 'export const left = "from a package";',
    "node_modules/left/package.json": '{"name":"left","type":"module"}',
  };
  const folder = await source(opened, whole);
  await mkdir(join(folder, "node_modules/.bin"));
  await symlink("/bin/sh", join(folder, "node_modules/.bin/left"));
  await opened.registry.install({ source: folder, yes: false });
  assert.equal(opened.registry.tool("roll")?.descriptor.description, "from a package");
});

const WITH_PACKAGE: Files = {
  ...DICE,
  "main.ts": `import { left } from "left";\n${DICE_MAIN.replace('"Roll a die"', "left")}`,
  "package.json": '{"name":"dice","dependencies":{"left":"1.0.0"}}',
  "node_modules/left/index.js": 'export { left } from "./part.js";',
  "node_modules/left/part.js": 'export const left = "as installed";',
  "node_modules/left/other.js": 'export const left = "another";',
  "node_modules/left/package.json": '{"name":"left","type":"module"}',
};
const changes: readonly (readonly [path: string, text: string])[] = [
  ["node_modules/left/part.js", 'export const left = "theirs";'],
  ["node_modules/left/package.json", '{"name":"left","type":"module","main":"other.js"}'],
  ["node_modules/left/package.json", '{"name":"left","type":"module","sideEffects":false}'],
];
for (const [path, text] of changes) {
  test(`a bundle that is made anew takes ${path} as it was installed, or is none: ${text}`, async (t) => {
    const first = await openTemporaryRegistry();
    await first.registry.install({ source: await source(first, WITH_PACKAGE), yes: false });
    await first.registry.stop();
    await rm(join(first.home, "cache"), { recursive: true });
    const whole = await first.restart();
    await whole.registry.settled();
    assert.equal(whole.registry.tool("roll")?.descriptor.description, "as installed");
    await whole.registry.stop();
    await rm(join(first.home, "cache"), { recursive: true });
    await writeFile(join(first.home, "plugins/dice", path), text);
    const changed = await whole.restart();
    t.after(() => changed.close());
    await changed.registry.settled();
    assert.equal(changed.registry.tool("roll"), null);
    assert.match(
      changed.registry.plugins()[0]?.problem ?? "",
      /Cannot use "dice": it is not what was installed \(changed node_modules\)/,
    );
  });
}

test("an id that the owner dropped in elsewhere, or a folder that is no plugin, is not overwritten", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/my-dice", DICE);
  await assert.rejects(opened.registry.install({ source: await source(opened, DICE), yes: false }), {
    message: /is in its way/,
  });
  await writeFiles(join(opened.home, "plugins/weather"), { "notes.txt": "mine" });
  await assert.rejects(opened.registry.install({ source: await source(opened, WEATHER), yes: true }), {
    message: /is in its way/,
  });
  assert.equal(await readFile(join(opened.home, "plugins/weather/notes.txt"), "utf8"), "mine");
});

test("what a killed installation left behind is tidied up at the next start", async (t) => {
  const first = await openTemporaryRegistry();
  await first.registry.stop();
  await writeFiles(join(first.home, "plugins/.installing-abc"), DICE);
  await writeFiles(join(first.home, "plugins/.replaced-dice.1234"), DICE);
  const second = await first.restart();
  t.after(() => second.close());
  await second.registry.settled();
  assert.deepEqual(await readdir(join(second.home, "plugins")), ["dice"]);
  assert.equal(second.registry.tool("roll")?.pluginId, "dice");
});

test("an archive whose names cannot be those of files is refused without telling where on this machine", async (t) => {
  const opened = await open(t);
  const file = join(opened.home, "x.tgz");
  const block = (path: string, text: string) => {
    const header = new Header({ path, size: text.length, type: "File", mode: 0o644, mtime: new Date(0) });
    header.encode();
    return Buffer.concat([header.block ?? Buffer.alloc(0), Buffer.from(text.padEnd(512, "\0"))]);
  };
  const archives = [
    [block("package/a", "x"), block("package/a/b", "y")],
    [new Pax({ path: `package/${"n".repeat(5_000)}` }).encode(), block("package/short", "x")],
  ];
  for (const blocks of archives) {
    await writeFile(file, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
    await assert.rejects(opened.registry.install({ source: file, yes: false }), (error: Error) => {
      assert.match(error.message, /^Cannot unpack the archive: "(?:a\/b|n{100}…)" cannot be written$/);
      return true;
    });
  }
  assert.deepEqual(await readdir(join(opened.home, "plugins")), []);
});

test("what is no archive, or no plugin, is refused", async (t) => {
  const opened = await open(t);
  const file = join(opened.home, "x.tgz");
  const install = () => opened.registry.install({ source: file, yes: false });
  await assert.rejects(install(), { code: "request.invalid", message: /no such file or folder/ });
  await writeFile(file, "not an archive");
  await assert.rejects(install(), {
    code: "plugin.broken",
    message: /Cannot unpack the archive: it is damaged/,
  });
  await writeFile(file, await readFile(await archive(opened, { "main.ts": DICE_MAIN })));
  await assert.rejects(install(), {
    code: "manifest.invalid",
    message: /Cannot find "openclaw\.plugin\.json"/,
  });
  await rm(file);
  assert.deepEqual(await readdir(join(opened.home, "plugins")), []);
});
