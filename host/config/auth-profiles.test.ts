import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { HostError } from "#host/base/errors.ts";
import { readApiKeys } from "./auth-profiles.ts";
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

test("keys come from profiles, then from the usual variables", async () => {
  await using state = await temporaryState();
  const environment = { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "o", LAB_KEY: "lab" };
  assert.deepEqual(Object.fromEntries(await readApiKeys(state.paths.authProfiles, environment)), {
    anthropic: "a",
    openai: "o",
  });
  await writeFile(state.paths.authProfiles, JSON.stringify(PROFILES));
  assert.deepEqual(Object.fromEntries(await readApiKeys(state.paths.authProfiles, environment)), {
    anthropic: "old",
    openai: "lab",
    groq: "lab",
  });
});

test("the owner's order decides between profiles of one provider", async () => {
  await using state = await temporaryState();
  const order = { anthropic: ["anthropic:gone", "anthropic:new"] };
  await writeFile(state.paths.authProfiles, JSON.stringify({ ...PROFILES, order }));
  assert.equal((await readApiKeys(state.paths.authProfiles, {})).get("anthropic"), "new");
});

test("a reference to a variable that is not set is no key", async () => {
  await using state = await temporaryState();
  await writeFile(state.paths.authProfiles, JSON.stringify(PROFILES));
  assert.equal((await readApiKeys(state.paths.authProfiles, { OPENAI_API_KEY: "o" })).get("openai"), "o");
});

test("without the file there are the variables", async () => {
  await using state = await temporaryState();
  const keys = await readApiKeys(join(state.paths.root, "none.json"), { OPENAI_API_KEY: "o" });
  assert.deepEqual([...keys], [["openai", "o"]]);
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
    await assert.rejects(readApiKeys(state.paths.authProfiles, {}), (error) => {
      assert.ok(error instanceof HostError);
      assert.equal(error.code, "config.invalid");
      assert.ok(error.message.includes(state.paths.authProfiles));
      assert.ok(!`${error.message} ${String(error.cause)}`.includes(secret));
      return true;
    });
  }
});
