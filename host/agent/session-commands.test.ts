import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf } from "#host/base/message.ts";
import type { RunEvent } from "#host/base/run.ts";
import { startTestAgent, type TestAgent } from "./chat.fixture.ts";

const MODELS = [
  { name: "fake:latest", modifiedAt: "2026-02-01T00:00:00Z" },
  { name: "qwen3:8b", capabilities: ["completion", "tools", "thinking"] },
];

function said(events: readonly RunEvent[]): string {
  const end = events.map(({ event }) => event).find((event) => event.type === "agent_end");
  return end?.type === "agent_end" && end.message !== null ? textOf(end.message) : "";
}

const chats = ({ server }: TestAgent) =>
  server.requests.filter(({ path }) => path === "/api/chat").map(({ body }) => body);

test("/model has another model answer in this conversation alone, until it is taken back", async () => {
  await using agent = await startTestAgent({ server: { models: MODELS } });
  assert.match(said(await agent.ask("/model qwen3:8b")), /^`ollama\/qwen3:8b` answers here from now on/);
  await agent.ask("hi");
  await agent.ask("hi", "other");
  await agent.ask("/new");
  await agent.ask("hi");
  await agent.ask("/model default");
  await agent.ask("hi");
  assert.deepEqual(
    chats(agent).map(({ model }) => model),
    ["qwen3:8b", "fake:latest", "qwen3:8b", "fake:latest"],
  );
});

test("/model tells what answers and what there is, and refuses what is not there", async () => {
  await using agent = await startTestAgent({ server: { models: MODELS } });
  assert.match(
    said(await agent.ask("/model")),
    /^`ollama\/fake:latest` answers here[\s\S]*- `ollama\/qwen3:8b`/,
  );
  assert.match(
    said(await agent.ask("/model nope")),
    /^There is no model `nope`[\s\S]*- `ollama\/fake:latest`/,
  );
  assert.match(said(await agent.ask("/model ollama/nope")), /^There is no model/);
  await agent.ask("hi");
  assert.equal(chats(agent)[0]?.model, "fake:latest", "nothing was chosen");
});

test("/think sends the level in the model's own words, and says what the model makes of it", async () => {
  await using agent = await startTestAgent({ server: { models: MODELS } });
  assert.match(said(await agent.ask("/think high")), /^Thinking here: high\. The model does not think aloud/);
  await agent.ask("/model qwen3:8b");
  assert.match(said(await agent.ask("/think: high")), /^Thinking here: high\. This model takes it as low/);
  await agent.ask("hi");
  await agent.ask("/think off");
  await agent.ask("hi");
  await agent.ask("/think default");
  await agent.ask("hi");
  assert.deepEqual(
    chats(agent).map(({ think }) => think),
    [true, false, undefined],
  );
  assert.match(said(await agent.ask("/think")), /^Thinking: the model's own way\. It has: off, low/);
  assert.match(said(await agent.ask("/think hard")), /^There is no level `hard`/);
});

test("/status tells what was chosen here", async () => {
  await using agent = await startTestAgent({ server: { models: MODELS } });
  await agent.ask("/model qwen3:8b");
  await agent.ask("/think off");
  const status = said(await agent.ask("/status"));
  assert.match(status, /Model of this conversation: ollama\/qwen3:8b/);
  assert.match(status, /Thinking: off/);
});

test("no other model answers in place of one that was chosen for the conversation; its failure is told", async () => {
  await using agent = await startTestAgent({
    server: { models: MODELS },
    settings: (ollama) => ({ primary: "ollama/fake", fallbacks: ["ollama/fake"], providers: [ollama] }),
  });
  await agent.ask("/model qwen3:8b");
  const events = await agent.ask("[[error]]");
  const end = events.map(({ event }) => event).find((event) => event.type === "agent_end");
  assert.match(end?.type === "agent_end" ? String(end.error?.message) : "", /answered 500/);
  assert.deepEqual(
    chats(agent).map(({ model }) => model),
    ["qwen3:8b"],
  );
});
