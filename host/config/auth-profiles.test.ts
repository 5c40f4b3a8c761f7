import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { HostError } from "#host/base/errors.ts";
import { readAuthKeys, withKeyUsage } from "./auth-profiles.ts";
import { temporaryState } from "./temporary-state.fixture.ts";

const PROFILES = {
  version: 1,
  profiles: {
    "anthropic:old": { type: "api_key", provider: "anthropic", key: "old" },
    "anthropic:new": { type: "api_key", provider: "anthropic", key: "new", email: "a@b" },
    "openai:ref": { type: "api_key", provider: "openai", keyRef: { source: "env", id: "LAB_KEY" } },
    "groq:text": { type: "api_key", provider: "groq", key: "${LAB_KEY}" },
    "google:login": { type: "oauth", provider: "google", access: "x" },
  },
  lastGood: {},
};

async function keysOf(path: string, environment: Record<string, string> = {}) {
  const keys = await readAuthKeys(path, environment);
  return Object.fromEntries(
    [...keys].map(([provider, of]) => [provider, of.map(({ profile, secret }) => `${profile}=${secret}`)]),
  );
}

test("all keys of a provider come, those of profiles before the usual variable, none twice", async () => {
  await using state = await temporaryState();
  const environment = { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "lab", LAB_KEY: "lab" };
  assert.deepEqual(await keysOf(state.paths.authProfiles, environment), {
    anthropic: ["anthropic:env=a"],
    openai: ["openai:env=lab"],
  });
  await writeFile(state.paths.authProfiles, JSON.stringify(PROFILES));
  assert.deepEqual(await keysOf(state.paths.authProfiles, environment), {
    anthropic: ["anthropic:old=old", "anthropic:new=new", "anthropic:env=a"],
    openai: ["openai:ref=lab"],
    groq: ["groq:text=lab"],
  });
});

test("the owner's order decides between profiles of one provider", async () => {
  await using state = await temporaryState();
  const order = { anthropic: ["anthropic:gone", "anthropic:new"] };
  await writeFile(state.paths.authProfiles, JSON.stringify({ ...PROFILES, order }));
  const keys = await keysOf(state.paths.authProfiles);
  assert.deepEqual(keys.anthropic, ["anthropic:new=new", "anthropic:old=old"]);
});

test("a reference to a variable that is not set is no key", async () => {
  await using state = await temporaryState();
  await writeFile(state.paths.authProfiles, JSON.stringify(PROFILES));
  assert.deepEqual((await keysOf(state.paths.authProfiles, { OPENAI_API_KEY: "o" })).openai, [
    "openai:env=o",
  ]);
});

test("without the file there are the variables", async () => {
  await using state = await temporaryState();
  const keys = await keysOf(join(state.paths.root, "none.json"), { OPENAI_API_KEY: "o" });
  assert.deepEqual(keys, { openai: ["openai:env=o"] });
});

test("what became of a key is written beside what upstream keeps, and taken away again", () => {
  const before = JSON.stringify({ ...PROFILES, usageStats: { x: { lastUsed: 7, errorCount: 1 }, y: {} } });
  const after = withKeyUsage(before, "x", { errorCount: 2, cooldownUntil: 9 });
  assert.deepEqual(JSON.parse(after ?? ""), {
    ...PROFILES,
    usageStats: { x: { lastUsed: 7, errorCount: 2, cooldownUntil: 9 }, y: {} },
  });
  assert.deepEqual(JSON.parse(withKeyUsage(after ?? "", "x", null) ?? "").usageStats, {
    x: { lastUsed: 7 },
    y: {},
  });
  assert.equal(withKeyUsage("{broken", "x", null), null);
});

test("a broken file is refused without a piece of it in the message", async () => {
  await using state = await temporaryState();
  const secret = "sk-do-not-show";
  for (const text of [
    `{"profiles": "${secret}`,
    `{"profiles": {"a": "${secret}"}}`,
    `["${secret}"`,
    `"${secret}"`,
  ]) {
    await writeFile(state.paths.authProfiles, text);
    await assert.rejects(readAuthKeys(state.paths.authProfiles, {}), (error) => {
      assert.ok(error instanceof HostError);
      assert.equal(error.code, "config.invalid");
      assert.ok(error.message.includes(state.paths.authProfiles));
      assert.ok(!`${error.message} ${String(error.cause)}`.includes(secret));
      return true;
    });
  }
});
