import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { ApprovalChange } from "#host/base/approval.ts";
import {
  DICE,
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

function stateOf({ registry }: TemporaryRegistry, id: string): string | undefined {
  return registry.plugins().find((plugin) => plugin.id === id)?.state;
}

function domains({ registry }: TemporaryRegistry, id: string): readonly string[] {
  return registry.rightsOf(id).rights.domains;
}

test("a plugin that asks for rights waits for the owner, gives no tools and holds nothing", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/weather", WEATHER);
  assert.equal(stateOf(opened, "weather"), "waiting");
  assert.equal(opened.registry.tool("forecast"), null);
  assert.deepEqual(domains(opened, "weather"), []);
  const [approval] = opened.registry.approvals();
  assert.equal(approval?.kind, "grant");
  assert.equal(approval.title, '"weather" asks for 1 right');
  assert.deepEqual(approval.lines, ["domain api.example.org"]);
});

test("a plugin is described under a name that holds no rights, whatever its earlier version holds", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/weather", WEATHER);
  await opened.grant("weather");
  await opened.drop("plugins/weather", {
    ...WEATHER,
    "extra.ts": "",
    "main.ts": `${WEATHER["main.ts"]}\n// new`,
  });
  assert.deepEqual(new Set(opened.described), new Set(["describe:weather"]));
  assert.deepEqual(domains(opened, "describe:weather"), []);
  assert.equal(opened.registry.rightsOf("describe:weather").folder, null);
});

test("a yes is to what was shown: what asks for something else by now is refused and shown", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/weather", WEATHER);
  const shown = opened.registry.plugins()[0]?.request ?? "";
  const wider = { permissions: { domains: ["api.example.org", "evil.example"] } };
  await opened.drop("plugins/weather", diceLike("weather", "forecast", wider));
  await assert.rejects(opened.registry.grant("weather", shown), {
    code: "request.stale",
    message: /not what it asks for now, which is: domain api\.example\.org; domain evil\.example$/,
  });
  assert.equal(stateOf(opened, "weather"), "waiting");
  assert.deepEqual(domains(opened, "weather"), []);
  assert.equal((await opened.grant("weather")).state, "ready");
});

test("a yes lets the plugin be used with exactly what it asked, also after a restart", async (t) => {
  const first = await openTemporaryRegistry();
  await first.drop("plugins/weather", WEATHER);
  const changes: ApprovalChange[] = [];
  first.registry.onApproval((change) => changes.push(change));
  const summary = await first.grant("weather");
  assert.equal(summary.state, "ready");
  assert.deepEqual(summary.holds, ["domain api.example.org"]);
  assert.deepEqual(domains(first, "weather"), ["api.example.org"]);
  assert.equal(first.registry.tool("forecast")?.code.trustGroup, "plugin:weather");
  const [change, ...more] = changes;
  assert.ok(change?.type === "resolved" && more.length === 0);
  assert.equal(change.decision, "allow-always");
  const second = await first.restart();
  t.after(() => second.close());
  assert.deepEqual(domains(second, "weather"), ["api.example.org"]);
  assert.deepEqual(second.registry.approvals(), []);
});

test("a no is kept, and can be taken back", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/weather", WEATHER);
  assert.equal((await opened.registry.deny("weather")).state, "denied");
  assert.equal(opened.registry.tool("forecast"), null);
  assert.deepEqual(opened.registry.approvals(), []);
  assert.equal((await opened.grant("weather")).state, "ready");
});

test("revoking takes the tools away and ends the isolates", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/weather", WEATHER);
  await opened.grant("weather");
  opened.registry.tools();
  assert.equal((await opened.registry.revoke("weather")).state, "denied");
  assert.equal(opened.registry.tool("forecast"), null);
  assert.deepEqual(domains(opened, "weather"), []);
  assert.equal(opened.retired.at(-1), "weather");
});

test("what asks for nothing can be neither granted nor revoked", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/dice", DICE);
  await assert.rejects(opened.grant("dice"), {
    code: "request.invalid",
    message: /asks for no rights/,
  });
  await assert.rejects(opened.registry.revoke("dice"), {
    code: "request.invalid",
    message: /holds no rights/,
  });
  await assert.rejects(opened.grant("nobody"), { code: "plugin.unknown" });
});

test("a changed request asks again and shows the difference, while the earlier version serves with its rights", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/weather", WEATHER);
  await opened.grant("weather");
  const before = opened.registry.tool("forecast")?.code.hash;
  const wider = { permissions: { domains: ["api.example.org", "evil.example"] }, version: "2.0.0" };
  const changed: Files = { ...diceLike("weather", "forecast", wider), "spy.ts": "export {}" };
  await opened.drop("plugins/weather", {
    ...changed,
    "main.ts": `import "./spy.ts";\n${changed["main.ts"]}`,
  });
  assert.equal(stateOf(opened, "weather"), "suspended");
  assert.equal(opened.registry.tool("forecast")?.code.hash, before);
  assert.deepEqual(domains(opened, "weather"), ["api.example.org"]);
  assert.deepEqual(opened.registry.approvals()[0]?.lines, [
    "domain api.example.org",
    "+ domain evil.example",
    "changed main.ts",
    "changed openclaw.plugin.json",
    "added spy.ts",
  ]);
  await opened.registry.deny("weather");
  assert.deepEqual(domains(opened, "weather"), ["api.example.org"]);
  assert.equal((await opened.grant("weather")).version, "2.0.0");
  assert.deepEqual(domains(opened, "weather"), ["api.example.org", "evil.example"]);
});

test("a dropped-in plugin with rights asks again when only its code changes", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/weather", WEATHER);
  await opened.grant("weather");
  await opened.drop("plugins/weather", { ...WEATHER, "main.ts": `${WEATHER["main.ts"]}\nconsole.log(1);` });
  assert.equal(stateOf(opened, "weather"), "suspended");
  assert.deepEqual(opened.registry.approvals()[0]?.lines, ["domain api.example.org", "changed main.ts"]);
});

test("a suspended update still waits after a restart, and the earlier version serves", async (t) => {
  const first = await openTemporaryRegistry();
  await first.drop("plugins/weather", WEATHER);
  await first.grant("weather");
  await first.drop("plugins/weather", { ...WEATHER, "main.ts": `${WEATHER["main.ts"]}\nconsole.log(1);` });
  const second = await first.restart();
  t.after(() => second.close());
  await second.registry.settled();
  assert.equal(stateOf(second, "weather"), "suspended");
  assert.deepEqual(domains(second, "weather"), ["api.example.org"]);
  assert.equal(second.registry.approvals().length, 1);
});

test("what waits is neither bundled nor described again at the next start, and a yes then is a yes to it", async (t) => {
  const first = await openTemporaryRegistry();
  await first.drop("plugins/weather", WEATHER);
  await first.drop("plugins/dice", diceLike("dice", "roll", { permissions: { domains: ["a.example.org"] } }));
  await first.grant("dice");
  const update = diceLike("dice", "roll", { version: "2.0.0", permissions: { domains: ["b.example.org"] } });
  await first.drop("plugins/dice", update);
  const questions = ({ registry }: TemporaryRegistry) =>
    new Map(registry.approvals().map(({ subjectHash, lines }) => [subjectHash, lines]));
  const asked = questions(first);
  const second = await first.restart();
  t.after(() => second.close());
  assert.deepEqual(questions(second), asked);
  assert.deepEqual([stateOf(second, "weather"), stateOf(second, "dice")], ["waiting", "suspended"]);
  assert.deepEqual(domains(second, "dice"), ["a.example.org"]);
  await second.grant("weather");
  await second.grant("dice");
  assert.deepEqual(second.described, []);
  assert.deepEqual(domains(second, "dice"), ["b.example.org"]);
  for (const tool of ["forecast", "roll"])
    assert.match(new TextDecoder().decode(await second.registry.tool(tool)?.code.load()), /rolled/);
});

test("what waits and was changed while the host was down is read again, and asks again", async (t) => {
  const first = await openTemporaryRegistry();
  await first.drop("plugins/weather", WEATHER);
  const [before] = first.registry.approvals();
  await first.registry.stop();
  await writeFile(join(first.home, "plugins/weather/main.ts"), `${WEATHER["main.ts"]}\n// other`);
  const second = await first.restart();
  t.after(() => second.close());
  await second.registry.settled();
  assert.deepEqual(second.described, ["describe:weather"]);
  assert.notEqual(second.registry.approvals()[0]?.subjectHash, before?.subjectHash);
});

test("what waits and whose bundle is gone is made again", async (t) => {
  const first = await openTemporaryRegistry();
  await first.drop("plugins/weather", WEATHER);
  await first.registry.stop();
  await rm(join(first.home, "cache"), { recursive: true });
  const second = await first.restart();
  t.after(() => second.close());
  await second.registry.settled();
  await second.grant("weather");
  assert.match(new TextDecoder().decode(await second.registry.tool("forecast")?.code.load()), /rolled/);
});

test("an answer to a question that is not asked any more changes nothing", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/weather", WEATHER);
  const old = opened.registry.approvals()[0]?.id ?? "";
  await opened.drop(
    "plugins/weather",
    diceLike("weather", "forecast", { permissions: { domains: [".evil.example"] } }),
  );
  assert.equal(await opened.registry.resolveApproval(old, "allow-always"), false);
  assert.equal(stateOf(opened, "weather"), "waiting");
  const now = opened.registry.approvals()[0]?.id ?? "";
  assert.equal(await opened.registry.resolveApproval(now, "allow-always"), true);
  assert.equal(stateOf(opened, "weather"), "ready");
});

test("an author cannot make one line of a request look like two", async (t) => {
  const opened = await open(t);
  const permissions = {
    paths: { read: ["$WORKSPACE/\u202Egpj"] },
    commands: [{ command: "ls", args: ["\ndomain harmless.example"] }],
  };
  await opened.drop("plugins/weather", diceLike("weather", "forecast", { permissions }));
  assert.deepEqual(opened.registry.approvals()[0]?.lines, [
    "read $WORKSPACE/\\u{202e}gpj",
    'command ls "\\ndomain harmless.example"',
  ]);
});

test("a deleted plugin that comes back with other code holds nothing", async (t) => {
  const opened = await open(t);
  await opened.drop("plugins/weather", WEATHER);
  await opened.grant("weather");
  const gone = nextChange(opened.registry, () => opened.registry.plugins().length === 0);
  await rm(join(opened.home, "plugins/weather"), { recursive: true });
  await gone;
  await opened.drop("plugins/weather", { ...WEATHER, "main.ts": `${WEATHER["main.ts"]}\nconsole.log(1);` });
  assert.equal(stateOf(opened, "weather"), "waiting");
});

test("a built-in plugin holds what it asks for and the release grants, and the owner may take it away", async (t) => {
  const aside = await open(t);
  const builtin = join(aside.home, "release/plugins");
  const builtinGrants = join(aside.home, "release/manifests");
  await mkdir(join(builtinGrants, "tools"), { recursive: true });
  const asked = { permissions: { domains: ["api.example.org", "more.example.org"] } };
  await writeFiles(join(builtin, "tools/weather"), diceLike("weather", "forecast", asked));
  const granted = { permissions: { domains: ["api.example.org", "other.example.org"] } };
  await writeFile(join(builtinGrants, "tools/weather.json"), JSON.stringify(granted));
  const opened = await open(t, { builtin, builtinGrants });
  await opened.registry.settled();
  assert.equal(stateOf(opened, "weather"), "ready");
  assert.deepEqual(domains(opened, "weather"), ["api.example.org"]);
  assert.equal((await opened.registry.revoke("weather")).state, "denied");
  assert.deepEqual(domains(opened, "weather"), []);
  await assert.rejects(opened.registry.remove("weather"), { code: "request.forbidden" });
});

test("nobody takes the id of a built-in plugin", async (t) => {
  const aside = await open(t);
  await writeFiles(join(aside.home, "release/tools/dice"), DICE);
  const first = await openTemporaryRegistry();
  await first.drop("plugins/dice", diceLike("dice", "roll", { version: "6.6.6" }));
  await first.close();
  const opened = await open(t, { builtin: join(aside.home, "release") });
  await opened.registry.settled();
  await opened.drop("plugins/dice", diceLike("dice", "roll", { version: "6.6.6" }));
  const tool = opened.registry.tool("roll");
  assert.equal(tool?.origin, "builtin");
  assert.deepEqual(
    opened.registry
      .plugins()
      .map(({ state, origin }) => `${origin} ${state}`)
      .sort(),
    ["builtin ready", "dropped broken"],
  );
});
