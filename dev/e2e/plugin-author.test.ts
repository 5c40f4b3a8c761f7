/** A plugin from `plugin new` to `plugin install`, by the command line alone. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rename, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root } from "../gateway-process.ts";
import { run, World } from "./processes.fixture.ts";

const world = new World();
let stateDir: string;
let home: string;
before(async () => {
  stateDir = await world.folder();
  home = await world.folder();
});
after(() => world.close());

const plugin = (...args: string[]) => run(stateDir, ["plugin", ...args], { INIT_CWD: home });
const at = (...parts: string[]) => join(home, ...parts);

async function says(args: readonly string[], ...parts: readonly RegExp[]): Promise<string> {
  const { code, stdout, stderr } = await plugin(...args);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  for (const part of parts) assert.match(stdout, part);
  return stdout;
}

async function fails(args: readonly string[], ...parts: readonly RegExp[]): Promise<string> {
  const { code, stdout, stderr } = await plugin(...args);
  assert.equal(code, 1, `${stdout}\n${stderr}`);
  for (const part of parts) assert.match(`${stdout}\n${stderr}`, part);
  return stdout;
}

/** The compiler's complaints about a plugin, as its author's editor would show them. */
function complaints(folder: string): Promise<string> {
  const tsc = join(root, "node_modules", ".bin", "tsc");
  return new Promise((resolve) =>
    execFile(tsc, ["--pretty", "false", "-p", folder], (_error, stdout) => resolve(stdout)),
  );
}

async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, "utf8");
  assert.ok(text.includes(from), `${path} has no ${from}`);
  await writeFile(path, text.replace(from, to));
}

for (const kind of ["tool", "skill", "route", "channel"]) {
  describe(`a new ${kind}`, () => {
    const id = `my-${kind}`;

    test("is typed, passes its tests and the suite, and packs", async () => {
      await says(["new", kind, id], /Next: openclaw plugin dev/);
      assert.equal(await complaints(at(id)), "");
      await says(["test", id], /\n\d+ passed, 0 failed/, /✓ main\.test\.ts: /);
      await says(
        ["pack", id],
        new RegExp(`^${id}-0\\.1\\.0\\.openclaw\\.tgz: \\d+ bytes, sha256 [0-9a-f]{64}`),
      );
    });

    test("is not written over", async () => {
      await fails(["new", kind, id], /it is not empty/);
    });
  });
}

describe("what a plugin may not be called", () => {
  test("an unknown kind and a bad name are told", async () => {
    await fails(["new", "tol", "x"], /there are tool, skill, channel, route/);
    await fails(["new", "tool", "Not-This"], /lower-case letters/);
  });
});

describe("rights are types", () => {
  test("what the manifest does not declare is a type error, and declaring it mends it", async () => {
    const main = at("my-tool", "main.ts");
    await edit(
      main,
      "async execute({ text }) {",
      'async execute({ text }, ctx) {\n    await ctx.secrets.use("apiKey");',
    );
    assert.match(await complaints(at("my-tool")), /main\.ts\(.*not assignable to parameter of type 'never'/);
    const secret = `{ "name": "apiKey", "domain": "api.example.org", "slot": { "in": "header", "name": "x-key" } }`;
    await edit(
      at("my-tool", "openclaw.plugin.json"),
      '"contracts"',
      `"permissions": { "domains": ["api.example.org"], "secrets": [${secret}] },\n  "contracts"`,
    );
    await fails(
      ["test", "my-tool"],
      /openclaw\.plugin\.d\.ts is not what .* says\. Run: openclaw plugin types/,
    );
    await says(["types", "my-tool"], /openclaw\.plugin\.d\.ts: written/);
    assert.equal(await complaints(at("my-tool")), "");
    await says(["types", "my-tool"], /All up to date/);
  });
});

describe("recorded effects", () => {
  const SECRET = "a-secret-of-this-test-0123456789";
  let served = 0;
  const service = createServer((request, response) => {
    served += 1;
    response.end(JSON.stringify({ key: request.headers["x-key"], path: request.url }));
  });
  let port: number;

  before(async () => {
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    ({ port } = service.address() as AddressInfo);
    await mkdir(at("rec"), { recursive: true });
    const slot = { in: "header", name: "x-key" };
    const domain = `127.0.0.1:${port}`;
    const manifest = {
      id: "rec",
      version: "1.0.0",
      configSchema: {},
      contracts: { tools: ["rec"] },
      permissions: { domains: [domain], secrets: [{ name: "apiKey", slot, domain }] },
    };
    await writeFile(at("rec", "openclaw.plugin.json"), JSON.stringify(manifest));
    await writeFile(
      at("rec", "main.ts"),
      `import { defineTool } from "openclaw/sdk";
export default defineTool({ name: "rec", description: "Asks a service", parameters: { type: "object", properties: { path: { type: "string" } } },
  async execute({ path = "/a" }, ctx) {
    const key = await ctx.secrets.use("apiKey");
    const answer = await fetch("http://127.0.0.1:${port}" + path, { headers: { "x-key": key } });
    return answer.text();
  } });
`,
    );
    await writeFile(
      at("rec", "main.test.ts"),
      `import { assert, test } from "openclaw/sdk/testing";
import plugin from "./main.ts";
test("it gets what the service says", async (t) => {
  const answer = await t.call(plugin, "rec", { path: "/a" });
  assert.match(answer.text, /"path":"\\/a"/);
});
`,
    );
    await writeFile(at("secrets.json"), JSON.stringify({ apiKey: SECRET }));
  });
  after(() => service.close());

  test("what is not recorded fails the test, with the command that records it", async () => {
    await fails(["test", "rec"], /http\.request GET .*it is not recorded in fixtures\/main\.json.*--record/);
    assert.equal(served, 0);
  });

  test("--record does it for real and writes it down, without the secret", async () => {
    await says(
      ["test", "rec", "--record", "--secrets", at("secrets.json")],
      /1 effect recorded in fixtures\//,
    );
    assert.equal(served, 1);
    const text = await readFile(at("rec", "fixtures", "main.json"), "utf8");
    assert.doesNotMatch(text, new RegExp(SECRET));
    assert.match(text, /openclaw-secret-apiKey-recorded/);
  });

  test("then it is answered from there, without the service and without the secret", async () => {
    await says(["test", "rec"], /✓ main\.test\.ts: it gets what the service says/);
    assert.equal(served, 1);
  });

  test("another effect than the recorded one is refused", async () => {
    await edit(at("rec", "main.test.ts"), '{ path: "/a" }', '{ path: "/b" }');
    await fails(["test", "rec"], /it is not recorded/);
    await edit(at("rec", "main.test.ts"), '{ path: "/b" }', '{ path: "/a" }');
  });

  test("a test that fails names the author's line, and the exit code says so", async () => {
    await edit(at("rec", "main.test.ts"), "assert.match(answer.text,", "assert.match('no',");
    await fails(["test", "rec"], /✗ main\.test\.ts: it gets/, /main\.test\.ts:5:10/, /AssertionError/);
    await edit(at("rec", "main.test.ts"), "assert.match('no',", "assert.match(answer.text,");
  });

  test("a plugin itself may not import the testing kit", async () => {
    await edit(
      at("rec", "main.ts"),
      "import",
      'import { assert } from "openclaw/sdk/testing";\nassert.ok(1);\nimport',
    );
    await fails(["test", "rec"], /main\.ts:1:\d+: "openclaw\/sdk\/testing" is for tests alone/);
  });
});

const BREACHES: readonly (readonly [rule: string, body: string, more?: string])[] = [
  ["name, description", 'return "";', 'description: "x",'],
  ["odd texts", 'return "x".repeat(text.length > 1000 ? 2_000_000 : 1);'],
  ["odd texts", 'if (text === "") throw new Error(""); return "";'],
  ["usable words", 'throw new Error("failed: " + {});'],
  [
    "usable words",
    'try { await fetch("https://x.example/"); } catch (e) { return { content: [{ type: "text", text: String(e.stack) }], isError: true }; } return "";',
  ],
  ["ends soon", "await new Promise((r) => setTimeout(r, 1000)); return '';"],
  ["no globals", "globalThis.last = text; return '';"],
  [
    "usable words",
    "Promise.reject(new Error('nobody waits')); await new Promise((r) => setTimeout(r, 20)); return 'fine';",
  ],
];

const OURS = [
  "tools/read",
  "tools/web_fetch",
  "tools/web_search",
  "skills/calc",
  "skills/csv",
  "skills/dates",
  "skills/notes",
  "skills/units",
];

describe("the conformance suite", () => {
  for (const folder of OURS)
    test(`${folder} keeps to it`, async () => {
      await says(["test", join(root, "plugins", folder), "--conformance"], /\n[1-9]\d* passed, 0 failed/);
    });

  for (const [index, [rule, body, more = ""]] of BREACHES.entries())
    test(`a tool that breaks it is told: ${rule} (${index + 1})`, async () => {
      const id = `breach_${index}`;
      await mkdir(at(id));
      const manifest = { id, configSchema: {}, contracts: { tools: [id] } };
      await writeFile(at(id, "openclaw.plugin.json"), JSON.stringify(manifest));
      await writeFile(
        at(id, "main.ts"),
        `import { defineTool } from "openclaw/sdk";
export default defineTool({ name: "${id}", description: "Does something bad",
  parameters: { type: "object", properties: { text: { type: "string" } }, required: ["text"] }, ${more}
  async execute({ text }, ctx) { ${body} } });
`,
      );
      await fails(["test", id, "--only", rule], new RegExp(`✗ conformance: conforms: ${id}: .*${rule}`));
    });
});

/** The channel of `plugin new`, with one part of it broken, and what the suite says of it. */
const CHANNEL_BREACHES: readonly (readonly [rule: string, from: string, to: string, says: RegExp])[] = [
  [
    "what the host could not store comes again",
    "        await ctx.receive({",
    '        await ctx.storage.set("after", n);\n        await ctx.receive({',
    /The event "1" did not come again/,
  ],
  [
    "one message has one key",
    "key: message.key",
    "key: crypto.randomUUID()",
    /0 of 2 requests carry the key/,
  ],
  [
    "a stopped account ends in time",
    "await fetch(`${ctx.config.server}/poll?after=${after}`, { signal: ctx.signal });",
    "await fetch(`${ctx.config.server}/poll?after=${after}`);\n      await new Promise(() => {});",
    /It went on for 2000 ms after it was told to stop/,
  ],
  [
    "what could not be sent is not told as sent",
    "if (!answer.ok) return",
    'if (!answer.ok) return { ok: true, ids: ["?"] };\n    if (answer.status === 418) return',
    /The service answered 503, and the message was told as sent/,
  ],
];

describe("the conformance suite of channels", () => {
  for (const [index, [rule, from, to, says]] of CHANNEL_BREACHES.entries())
    test(`a channel that breaks it is told: ${rule}`, async () => {
      const id = `bad-channel-${index}`;
      await plugin("new", "channel", id);
      await edit(at(id, "main.ts"), from, to);
      await fails(
        ["test", id, "--only", rule],
        new RegExp(`✗ main\\.test\\.ts: conforms: ${id}: ${rule}`),
        says,
      );
    });
});

describe("a packed plugin", () => {
  test("has the same bytes wherever and whenever it is packed", async () => {
    await cp(at("my-skill"), at("elsewhere"), { recursive: true });
    await utimes(at("elsewhere", "main.ts"), 1, 1);
    const first = await says(["pack", "my-skill"]);
    const second = await says(["pack", "elsewhere", "--into", at("elsewhere")]);
    assert.equal(/sha256 (\w+)/.exec(first)?.[1], /sha256 (\w+)/.exec(second)?.[1]);
  });

  test("says what it asks for, and holds neither tests nor fixtures nor paths of this machine", async () => {
    await says(
      ["pack", "my-route"],
      /asks for:\n +route GET \/plugin\/my-route\/hello/,
      /holds README\.md, openclaw\.bundle\.js, openclaw\.plugin\.json\n/,
    );
    const listing = await unpacked("my-route-0.1.0.openclaw.tgz", "out");
    assert.doesNotMatch(listing, new RegExp(root));
    const code = await readFile(at("out", "package", "openclaw.bundle.js"), "utf8");
    const map = Buffer.from(/base64,(\S+)/.exec(code)?.[1] ?? "", "base64").toString();
    assert.doesNotMatch(map, new RegExp(`${root}|${home}`));
    assert.match(map, /"main\.ts"/);
  });

  test("installs from its file, at once and without a bundler's guess", async () => {
    const started = performance.now();
    await says(["install", "my-skill-0.1.0.openclaw.tgz"], /my-skill 0\.1\.0 \(skill, installed\): ready/);
    console.log(`install of a packed skill: ${Math.round(performance.now() - started)} ms`);
    await says(["install", "my-tool", "--yes"], /my-tool 0\.1\.0 \(tool, installed\): ready/);
  });

  test("whose code throws still points at the author's line", async () => {
    await mkdir(at("thrower"));
    const manifest = { id: "thrower", version: "1.0.0", configSchema: {}, contracts: { tools: ["thrower"] } };
    await writeFile(at("thrower", "openclaw.plugin.json"), JSON.stringify(manifest));
    await writeFile(
      at("thrower", "main.ts"),
      `import { defineTool } from "openclaw/sdk";

throw new Error("not today");
export default defineTool({ name: "thrower", description: "Throws", parameters: {}, execute: () => "" });
`,
    );
    await says(["pack", "thrower"]);
    await unpacked("thrower-1.0.0.openclaw.tgz", "again");
    await rename(at("again", "package"), at("thrower-packed"));
    await fails(["pack", "thrower-packed"], /it is packed already/);
    await fails(["test", "thrower-packed"], /✗ main: loads/, /not today/, /at main\.ts:3:7|main\.ts:3:7/);
  });
});

function unpacked(file: string, into: string): Promise<string> {
  return mkdir(at(into)).then(
    () =>
      new Promise((resolve, reject) =>
        execFile("tar", ["-xzvf", at(file), "-C", at(into)], (error, stdout) =>
          error === null ? resolve(stdout) : reject(error),
        ),
      ),
  );
}
