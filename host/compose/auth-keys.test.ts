/** Several keys of one provider, over the real file and a counterpart that refuses some of them. */
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { createLog } from "#host/base/log.ts";
import { temporaryState } from "#host/config/temporary-state.fixture.ts";
import { startOpenAiCounterpart, type KeyRefusal } from "#host/llm/openai.counterpart.ts";
import { failureOf, read, request } from "#host/llm/provider.fixture.ts";
import type { ModelProvider } from "#host/llm/provider.ts";
import { createProviderKeys } from "./auth-keys.ts";
import { createProviders } from "./model-providers.ts";

const SECRETS = ["sk-first-secret", "sk-second-secret", "sk-third-secret"] as const;
const [FIRST, SECOND, THIRD] = SECRETS;
const MINUTE = 60_000;

async function world(keys: Record<string, KeyRefusal>, profiles: readonly string[] = SECRETS) {
  const state = await temporaryState();
  const server = await startOpenAiCounterpart({ keys });
  const entries = profiles.map((key, at) => [
    `openai:${at + 1}`,
    { type: "api_key", provider: "openai", key },
  ]);
  await writeFile(
    state.paths.authProfiles,
    JSON.stringify({ version: 1, profiles: Object.fromEntries(entries), mine: 1 }),
  );
  const logged: string[] = [];
  const time = { now: Date.parse("2026-11-27T12:00:00Z") };
  const clock = { now: () => time.now, monotonic: () => time.now };
  const log = createLog({ clock, level: "debug", format: "json", write: (line) => logged.push(line) });
  /** As after a start: nothing is remembered but what the file holds. */
  const open = async () => {
    const ring = createProviderKeys({ path: state.paths.authProfiles, environment: {}, clock, log });
    const none = { contextTokens: null, keepAlive: null };
    const openai = { id: "openai", api: "openai-completions", baseUrl: `${server.address}/v1`, apiKey: null };
    const configured = { openai: { ...openai, defaults: none, models: {} } };
    const provider = createProviders(configured, await ring.providers(), ring).find(
      ({ id }) => id === "openai",
    );
    assert.ok(provider);
    return { provider, status: () => ring.status(configured) };
  };
  const used = () =>
    server.requests.splice(0).map(({ headers }) => headers.authorization?.replace("Bearer ", ""));
  return {
    ...(await open()),
    open,
    used,
    time,
    logged,
    path: state.paths.authProfiles,
    async [Symbol.asyncDispose]() {
      await server.close();
      await state[Symbol.asyncDispose]();
    },
  };
}

const say = (provider: ModelProvider) => read(provider, request("[[tokens:1]]"));

test("a key that is limited makes room for the next within the same answer, and rests as long as the server said", async () => {
  await using made = await world({
    [FIRST]: { status: 429, message: "slow down", headers: { "retry-after": "90" } },
  });
  assert.equal((await say(made.provider)).text, "tok0");
  assert.deepEqual(made.used(), [FIRST, SECOND]);
  await say(made.provider);
  assert.deepEqual(made.used(), [SECOND], "what rests is not asked");
  assert.deepEqual((await made.status())[0], {
    provider: "openai",
    profile: "openai:1",
    state: "resting",
    reason: "rate_limit",
    until: made.time.now + 90_000,
  });
  made.time.now += 91_000;
  await say(made.provider);
  assert.deepEqual(made.used(), [FIRST, SECOND], "after its rest it is tried again");
});

test("rests grow with each failure in a row, hold over a restart, and begin anew with another key or a success", async () => {
  const refusals: Record<string, KeyRefusal> = { [FIRST]: { status: 401, message: "no" } };
  await using made = await world(refusals);
  for (const minutes of [1, 5, 25, 60, 60]) {
    const { provider, status } = await made.open();
    await say(provider);
    assert.equal(((await status())[0]?.until ?? 0) - made.time.now, minutes * MINUTE);
    assert.deepEqual(made.used(), [FIRST, SECOND]);
    await say((await made.open()).provider);
    assert.deepEqual(made.used(), [SECOND], "also after a restart");
    made.time.now += minutes * MINUTE + 1;
  }
  delete refusals[FIRST];
  await say(made.provider);
  refusals[FIRST] = { status: 401, message: "no" };
  await say(made.provider);
  assert.equal(((await made.status())[0]?.until ?? 0) - made.time.now, MINUTE, "a success forgets");
  const file = JSON.parse(await readFile(made.path, "utf8"));
  file.profiles["openai:1"].key = "sk-new-secret";
  await writeFile(made.path, JSON.stringify(file));
  made.used();
  await say(made.provider);
  assert.deepEqual(made.used(), ["sk-new-secret"], "another key under the name does not rest");
});

test("an account without money rests for hours; a server in trouble costs one more try and no rest", async () => {
  await using poor = await world({
    [FIRST]: { status: 429, message: "insufficient_quota: check your plan and billing" },
  });
  await say(poor.provider);
  const [first] = await poor.status();
  assert.deepEqual([first?.reason, (first?.until ?? 0) - poor.time.now], ["billing", 5 * 60 * MINUTE]);
  const down = { status: 503, message: "overloaded" };
  await using out = await world({ [FIRST]: down, [SECOND]: down, [THIRD]: down });
  assert.match(failureOf(await say(out.provider))?.message ?? "", /answered 503: overloaded/);
  assert.deepEqual(out.used(), [FIRST, SECOND]);
  assert.ok((await out.status()).every(({ state }) => state === "ready"));
});

test("a request that is wrong is no key's fault, and when all keys rest the answer says until when and why", async () => {
  await using wrong = await world({ [FIRST]: { status: 400, message: "no such parameter" } });
  assert.match(failureOf(await say(wrong.provider))?.message ?? "", /answered 400/);
  assert.deepEqual(wrong.used(), [FIRST]);
  await using made = await world(
    { [FIRST]: { status: 401, message: "no" }, [SECOND]: { status: 429, message: "no" } },
    [FIRST, SECOND],
  );
  assert.match(failureOf(await say(made.provider))?.message ?? "", /answered 429/);
  made.used();
  const failure = failureOf(await say(made.provider));
  assert.equal(failure?.code, "model.refused");
  assert.equal(
    failure?.message,
    'Cannot ask "openai": its keys rest until 2026-11-27T12:01:00Z: openai:1 (auth), openai:2 (rate_limit)',
  );
  assert.deepEqual(made.used(), [], "nobody was asked");
});

test("no key stands in the log, in the status or in an error, and the file stays its owner's with all that was in it", async () => {
  const quoting = (key: string): KeyRefusal => ({ status: 401, message: `wrong key ${key}` });
  await using made = await world({
    [FIRST]: quoting(FIRST),
    [SECOND]: quoting(SECOND),
    [THIRD]: quoting(THIRD),
  });
  const failure = failureOf(await say(made.provider));
  const told = JSON.stringify([made.logged, await made.status(), failure]);
  for (const secret of SECRETS) assert.ok(!told.includes(secret));
  assert.match(made.logged.join("\n"), /an API key rests.*openai:1.*auth/);
  const file = JSON.parse(await readFile(made.path, "utf8"));
  assert.deepEqual(
    [file.mine, Object.keys(file.profiles).length, Object.keys(file.usageStats).length],
    [1, 3, 3],
  );
  assert.equal((await stat(made.path)).mode & 0o777, 0o600);
});

test("failures at the same time lose nothing of the file", async () => {
  await using made = await world({
    [FIRST]: { status: 401, message: "no" },
    [SECOND]: { status: 429, message: "no" },
  });
  await Promise.all(Array.from({ length: 8 }, () => say(made.provider)));
  const file = JSON.parse(await readFile(made.path, "utf8"));
  assert.deepEqual(Object.keys(file.usageStats).sort(), ["openai:1", "openai:2"]);
});

test("a list of models uses the next key too", async () => {
  await using made = await world({ [FIRST]: { status: 401, message: "no" } });
  assert.equal((await made.provider.listModels(new AbortController().signal)).length, 1);
  assert.deepEqual(made.used(), [FIRST, SECOND]);
});
