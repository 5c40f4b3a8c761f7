/** The owner's fallbacks: who answers where a model fails, and what is told of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf } from "#host/base/message.ts";
import type { AgentEvent, RunEvent } from "#host/base/run.ts";
import { createOpenAiCompatible } from "#host/llm/openai-compatible.ts";
import { startOpenAiCounterpart } from "#host/llm/openai.counterpart.ts";
import type { ModelProvider } from "#host/llm/provider.ts";
import { startTestAgent } from "./chat.fixture.ts";

const DEAD = "http://127.0.0.1:9/v1";

/** Ollama first; then a server that is not there, one that the owner did not configure, and one that answers. */
async function withFallbacks() {
  const other = await startOpenAiCounterpart({ models: ["spare"] });
  const openAi = (id: string, address: string) =>
    createOpenAiCompatible({ id, name: id, address, startFix: "Start it", keys: null });
  const fallbacks = ["dead/x", "nobody/y", "lmstudio/spare", "dead/x"];
  const agent = await startTestAgent({
    tools: { roll: () => "6" },
    settings: (ollama: ModelProvider) => ({
      primary: "ollama/fake:latest",
      fallbacks,
      providers: [ollama, openAi("dead", DEAD), openAi("lmstudio", `${other.address}/v1`)],
    }),
  });
  return {
    agent,
    other,
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await other.close();
    },
  };
}

function only<Type extends AgentEvent["type"]>(events: readonly RunEvent[], type: Type) {
  return events.flatMap(({ event }) =>
    event.type === type ? [event as Extract<AgentEvent, { type: Type }>] : [],
  );
}

test("where the owner's model cannot be reached the next that can answers the whole run, and the reason is told", async () => {
  await using made = await withFallbacks();
  const { agent, other } = made;
  await agent.server.close();
  const events = await agent.ask("[[tool:roll {}]] [[tokens:2]]");
  const [told, ...more] = only(events, "model_fallback");
  assert.deepEqual(
    [told?.failed, told?.provider, told?.model, more.length],
    [{ provider: "ollama", model: "fake:latest" }, "lmstudio", "spare", 0],
  );
  assert.match(told?.reason ?? "", /^Cannot reach Ollama at .*Start it with: ollama serve$/);
  const [end] = only(events, "agent_end");
  assert.deepEqual(
    [end?.stopReason, end?.message?.provider, end?.message?.model],
    ["stop", "lmstudio", "spare"],
  );
  assert.equal(end?.message === null ? "" : textOf(end?.message ?? { content: "" }), "tok0 tok1");
  // Two model calls, and nothing of the failed one is stored.
  const roles = agent.transcript.messages("agent:main:main").map(({ role }) => role);
  assert.deepEqual(roles, ["user", "assistant", "toolResult", "assistant"]);
  assert.equal(other.requests.filter(({ path }) => path.endsWith("/chat/completions")).length, 2);
  assert.equal(only(events, "message_start").length, only(events, "message_end").length);
  assert.match(agent.models.status().problem ?? "", /Cannot reach Ollama/);
  assert.deepEqual(
    agent.usage.map(({ provider }) => provider),
    ["lmstudio", "lmstudio"],
  );
});

test("the next turn begins with the owner's model again", async () => {
  await using made = await withFallbacks();
  const { agent } = made;
  await agent.ask("[[error]]");
  const events = await agent.ask("hello");
  assert.deepEqual(only(events, "model_fallback"), []);
  assert.equal(only(events, "agent_end")[0]?.message?.provider, "ollama");
  assert.equal(agent.models.status().problem, null);
});

test("when all of them fail the run ends with the last one's error, each having been asked once", async () => {
  await using made = await withFallbacks();
  const { agent, other } = made;
  const events = await agent.ask("[[error]]");
  assert.equal(only(events, "model_fallback").length, 1);
  assert.match(only(events, "agent_end")[0]?.error?.message ?? "", /^lmstudio at .* answered 500/);
  assert.equal(other.requests.filter(({ path }) => path.endsWith("/chat/completions")).length, 1);
});

test("an answer that breaks off is not begun again by another model", async () => {
  await using made = await withFallbacks();
  const events = await made.agent.ask("[[tokens:6]] [[die]]");
  assert.deepEqual(only(events, "model_fallback"), []);
  const [end] = only(events, "agent_end");
  assert.deepEqual([end?.error?.code, end?.message?.provider], ["model.broken", "ollama"]);
});

test("a run that is stopped asks no other model", async () => {
  await using made = await withFallbacks();
  const { agent } = made;
  const running = agent.ask("[[delay:5000]]", "main", "run-1");
  await agent.server.next("/api/chat");
  await agent.chat.abort("main", "run-1");
  assert.deepEqual(only(await running, "model_fallback"), []);
});
