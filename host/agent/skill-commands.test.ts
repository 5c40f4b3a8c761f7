import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestAgent } from "./chat.fixture.ts";
import { parseSkillCall, skillCommands } from "./skill-commands.ts";
import type { Skills } from "./skills.ts";

const skill = (name: string, commandTool: string | null = null) => {
  return { name, description: `Does ${name}`, commandTool };
};

test("a skill is called by its name, hyphens or underscores, with what stands behind as it is written", () => {
  const commands = skillCommands([skill("green-tea"), skill("Coffee & Cake")]);
  assert.deepEqual(
    commands.map(({ name }) => name),
    ["green_tea", "coffee_cake"],
  );
  const calls = ["/green-tea two  cups", "/GREEN_TEA: two  cups", "/skill green-tea two  cups"];
  for (const text of calls) {
    const call = parseSkillCall(text, commands);
    assert.deepEqual([call?.command.skill, call?.args], ["green-tea", "two  cups"], text);
  }
  for (const text of ["green-tea", "/", "/tea", "see /green-tea", "/skill", "/skill tea", "/etc/passwd"])
    assert.equal(parseSkillCall(text, commands), null, text);
});

test("no skill takes a command of the host's, nor another skill's", () => {
  const names = skillCommands([skill("status"), skill("a-b"), skill("a_b"), skill("---"), skill("日本")]);
  assert.deepEqual(
    names.map(({ name, skill: of }) => [name, of]),
    [
      ["status_2", "status"],
      ["a_b", "a-b"],
      ["a_b_2", "a_b"],
    ],
  );
  assert.ok(!names.some(({ name }) => name === "status"));
  assert.equal(new Set(names.map(({ name }) => name)).size, names.length);
  assert.ok(names.every(({ name }) => /^[a-z0-9_]{1,32}$/.test(name)));
});

const skills: Skills = {
  list: () => [{ name: "tea", description: "Make tea" }],
  commands: () => skillCommands([skill("tea"), skill("secret-tea"), skill("kettle", "boil")]),
  text: async (name) => `Instructions of ${name}`,
};

test("a skill that is called up stands in that turn's prompt alone, and the message as it was written", async () => {
  await using agent = await startTestAgent({ skills, tools: { boil: () => "boiled" } });
  await agent.ask("/secret-tea two cups");
  await agent.ask("thanks");
  const [first, second] = agent.server.requests
    .map(({ body }) => JSON.stringify(body))
    .filter((body) => body.includes("messages"));
  assert.match(first ?? "", /Instructions of secret-tea/);
  assert.match(first ?? "", /\/secret-tea two cups/);
  assert.doesNotMatch(second ?? "", /Instructions of/);
});

test("a command that dispatches to a tool runs it once with its arguments, and asks no model", async () => {
  const calls: unknown[] = [];
  const boil = (args: unknown) => {
    calls.push(args);
    return "boiled";
  };
  await using agent = await startTestAgent({ skills, tools: { boil } });
  const before = agent.server.requests.length;
  const told = await agent.ask("/kettle two cups");
  assert.deepEqual(calls, [{ command: "two cups", commandName: "kettle", skillName: "kettle" }]);
  const end = told.at(-1)?.event;
  assert.ok(end?.type === "agent_end");
  assert.equal(end.error, null);
  assert.match(JSON.stringify(end.message), /boiled/);
  assert.deepEqual(
    agent.server.requests.slice(before).filter(({ body }) => JSON.stringify(body ?? "").includes("messages")),
    [],
  );
});

test("what only people may call up is not read by the model", async () => {
  const { withSkills } = await import("./skills.ts");
  const none = { list: async () => [], run: () => Promise.reject(new Error("not a tool of theirs")) };
  const runner = withSkills(none, skills);
  const run = { runId: "r", sessionKey: "agent:main:main", sessionId: "s", agentId: "main" };
  const ask = (name: string) =>
    runner.run({ type: "toolCall", id: "1", name: "read_skill", arguments: { name } }, run, {
      signal: new AbortController().signal,
      onUpdate: () => {},
    });
  assert.equal((await ask("tea")).isError, false);
  assert.equal((await ask("secret-tea")).isError, true);
});
