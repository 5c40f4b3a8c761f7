import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ToolCallPart } from "#host/base/message.ts";
import { cutText, formatAnswer, formatFailure } from "./format.ts";
import { HostError } from "#host/base/errors.ts";
import { createDemo, DEMO_MODEL } from "#host/llm/demo.ts";
import { NO_USAGE } from "#host/base/message.ts";
import { promptSize } from "#host/llm/prompt-size.ts";
import { parseMessage } from "./parse.ts";
import { buildPrompt } from "./prompt.ts";
import { parseSessionKey } from "./route.ts";
import { createSessionQueue } from "./session-queue.ts";
import { withSkills } from "./skills.ts";
import { fakeTools } from "./chat.fixture.ts";

test("a message is trimmed; the host's commands are known in any case, other slashes are text", () => {
  assert.deepEqual(parseMessage("  hi \n"), { kind: "text", text: "hi" });
  assert.deepEqual(parseMessage("/STATUS "), {
    kind: "command",
    command: "status",
    args: "",
    text: "/STATUS",
  });
  assert.deepEqual(parseMessage("/reset"), { kind: "command", command: "new", args: "", text: "/reset" });
  assert.deepEqual(parseMessage("/queue drop:old"), {
    kind: "command",
    command: "queue",
    args: "drop:old",
    text: "/queue drop:old",
  });
  assert.deepEqual(parseMessage("/roll 6"), { kind: "text", text: "/roll 6" });
});

test("an empty and an endless message are refused with rule and fix", () => {
  assert.equal(parseMessage(" \n").kind, "refused");
  const refused = parseMessage("x".repeat(101), 100);
  assert.deepEqual(refused, {
    kind: "refused",
    denial: {
      allowed: false,
      reason: "Cannot send a message of 101 characters: at most 100 are taken",
      fix: "Send it in parts, or as a file in the workspace",
    },
  });
});

test("main and short names stand for sessions of the main agent; whole keys stay as they are", () => {
  assert.equal(parseSessionKey("main").sessionKey, "agent:main:main");
  assert.equal(parseSessionKey(" work ").sessionKey, "agent:main:work");
  assert.equal(parseSessionKey("telegram:42").sessionKey, "agent:main:telegram:42");
  assert.deepEqual(parseSessionKey("agent:main:Bench-1:x"), {
    sessionKey: "agent:main:Bench-1:x",
    agentId: "main",
  });
});

test("a key that is none is refused, and so is an agent that does not exist", () => {
  for (const key of [
    "",
    " ",
    ":",
    "a b",
    "a\u0000",
    "agent:main:",
    "agent:main",
    "agent::x",
    "x".repeat(300),
  ]) {
    assert.throws(() => parseSessionKey(key), { code: "request.invalid" }, JSON.stringify(key));
  }
  assert.throws(() => parseSessionKey("agent:other:main"), /there is no agent "other"/);
});

test("normalising a key twice changes nothing", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\w:!@.-]{1,40}$/), (key) => {
      let once: string;
      try {
        once = parseSessionKey(key).sessionKey;
      } catch {
        return;
      }
      assert.equal(parseSessionKey(once).sessionKey, once);
    }),
  );
});

test("the prompt names the day and the skills, and stays the same all day", () => {
  const facts = { agentName: "Claw", workspace: "$WORKSPACE", hasTools: true, files: "" };
  const skills = [{ name: "weather", description: `Look up\nthe weather ${"x".repeat(300)}` }];
  const morning = buildPrompt({ ...facts, skills, now: Date.UTC(2026, 10, 23, 9) });
  assert.match(morning, /You are Claw/);
  assert.match(morning, /Monday,? 23 November 2026/);
  assert.match(morning, /- weather: Look up the weather x+…/);
  assert.equal(buildPrompt({ ...facts, skills, now: Date.UTC(2026, 10, 23, 11) }), morning);
  const plain = buildPrompt({ ...facts, skills: [], now: 0 });
  assert.ok(plain.length / 4 < 600, "under 600 tokens");
  assert.ok(!buildPrompt({ ...facts, hasTools: false, skills, now: 0 }).includes("read_skill"));
});

const facts = {
  choice: { provider: createDemo(), model: DEMO_MODEL, how: "demo", why: "" },
  usage: NO_USAGE,
  now: 0,
} as const;

test("no answer is silent: an empty one says so, a failed one says why and drops calls that never ran", () => {
  const empty = formatAnswer([{ type: "thinking", thinking: "hm" }], "stop", facts);
  assert.deepEqual(empty.content.at(-1), { type: "text", text: "(The model gave an empty answer.)" });
  const call: ToolCallPart = { type: "toolCall", id: "1", name: "roll", arguments: {} };
  const failed = formatFailure(
    [{ type: "text", text: "so" }, call],
    new HostError("model.broken", "It died", { fix: "Try again" }),
    facts,
  );
  assert.deepEqual(failed.content, [{ type: "text", text: "so" }]);
  assert.equal(failed.stopReason, "error");
  assert.equal(failed.errorMessage, "It died. Try again");
  assert.equal(formatFailure([], new HostError("aborted", "x"), facts).stopReason, "aborted");
  assert.equal(cutText("abcdef", 3), "abc\n[cut here: 6 characters in all, 3 shown]");
});

test("a session's jobs run one after the other, sessions run side by side, and a full queue says so", async () => {
  const queue = createSessionQueue();
  const log: string[] = [];
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const job = (name: string, gate: number) => async () => {
    log.push(`${name} starts`);
    await gates[gate]?.promise;
    log.push(`${name} ends`);
  };
  const second = job("a2", 1);
  assert.equal(queue.add("a", job("a1", 0)), "started");
  assert.equal(queue.add("a", second), "waiting");
  assert.equal(queue.add("b", job("b1", 1)), "started");
  assert.deepEqual(log, ["a1 starts", "b1 starts"]);
  assert.equal(queue.remove("a", second), true);
  assert.equal(queue.remove("a", second), false);
  queue.add("a", job("a4", 1));
  gates[0]?.resolve();
  gates[1]?.resolve();
  await new Promise<void>((resolve) => setTimeout(resolve));
  assert.deepEqual(
    log.filter((line) => line.startsWith("a")),
    ["a1 starts", "a1 ends", "a4 starts", "a4 ends"],
  );
  assert.equal(queue.add("a", job("a5", 0)), "started", "an idle session starts at once again");
});

test("skills bring a tool that reads them, only while there are skills, and after a plugin's own", async () => {
  const skill = { name: "weather", description: "Weather" };
  const text = async (name: string) => (name === "weather" ? "# Weather" : null);
  const run = { runId: "r", sessionKey: "k", sessionId: "s", agentId: "main" };
  const options = { signal: new AbortController().signal, onUpdate: () => {} };
  const call = (name: string) =>
    ({ type: "toolCall", id: "1", name: "read_skill", arguments: { name } }) as const;
  const none = withSkills(fakeTools({ roll: () => "4" }), { list: () => [], text });
  assert.deepEqual(
    (await none.list()).map((tool) => tool.name),
    ["roll"],
  );
  const some = withSkills(fakeTools({ roll: () => "4" }), { list: () => [skill], text });
  assert.deepEqual(
    (await some.list()).map((tool) => tool.name),
    ["roll", "read_skill"],
  );
  assert.deepEqual(await some.run(call("weather"), run, options), {
    content: [{ type: "text", text: "# Weather" }],
    details: null,
    isError: false,
  });
  assert.equal((await some.run(call("cooking"), run, options)).isError, true);
  const own = withSkills(fakeTools({ read_skill: () => "the plugin's" }), { list: () => [skill], text });
  assert.equal((await own.list()).length, 1);
  assert.match(JSON.stringify(await own.run(call("weather"), run, options)), /the plugin's/);
});

test("fifty skills and all, the prompt stays below 2,000 tokens, and every skill can be asked for by its name", () => {
  const names = Array.from({ length: 50 }, (_, n) => `a-skill-with-a-long-name-${n}`);
  const description =
    "Does a thing that takes quite some words to say what it is and when it should be used. ".repeat(9);
  const skills = names.map((name) => ({ name, description }));
  const facts = { agentName: "Claw", workspace: "$WORKSPACE", hasTools: true, files: "", skills, now: 0 };
  const system = buildPrompt(facts);
  const { likely } = promptSize({ system, messages: [], tools: [] });
  assert.ok(likely < 2_000, `${likely} tokens`);
  for (const name of names) assert.ok(system.includes(`- ${name}: `), name);
  assert.ok(system.split("\n").every((line) => !line.startsWith("- a-skill") || line.length > 60));
  const many = Array.from({ length: 1_000 }, (_, n) => ({ name: `skill-${n}`, description }));
  const full = buildPrompt({ ...facts, skills: many });
  assert.ok(promptSize({ system: full, messages: [], tools: [] }).likely < 2_000);
  assert.match(full, /\(\d+ more\)/);
});
