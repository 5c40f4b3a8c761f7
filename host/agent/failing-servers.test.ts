/** How soon a turn tells that its model's server fails, whatever fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createOpenAiCompatible } from "#host/llm/openai-compatible.ts";
import { fixedKey } from "#host/llm/keys.ts";
import { startOpenAiCounterpart } from "#host/llm/openai.counterpart.ts";
import type { RunEvent } from "#host/base/run.ts";
import { startTestAgent } from "./chat.fixture.ts";

/** Upstream took 71 s for a server that answers 500. */
const WITHIN_MS = 2_000;

async function timed(work: () => Promise<readonly RunEvent[]>) {
  const startedAt = performance.now();
  const events = await work();
  const ms = performance.now() - startedAt;
  const end = events.map(({ event }) => event).find((event) => event.type === "agent_end");
  return { ms, message: end?.type === "agent_end" ? (end.error?.message ?? "") : "" };
}

test("a server that fails is told within two seconds: 500, cut in the middle, no JSON, gone, limited, refused", async (t) => {
  const told: string[] = [];
  const check = async (name: string, work: Parameters<typeof timed>[0], words: RegExp) => {
    const { ms, message } = await timed(work);
    told.push(`${name} ${ms.toFixed(0)} ms`);
    assert.match(message, words, name);
    assert.ok(ms < WITHIN_MS, `${name} took ${ms} ms`);
  };
  await using agent = await startTestAgent();
  await check("500", () => agent.ask("[[error]]"), /answered 500/);
  await check("cut", () => agent.ask("[[tokens:4]] [[die]]"), /closed the connection/);
  await check("garbage", () => agent.ask("[[garbage]]"), /not a JSON object/);
  await agent.server.close();
  await check("gone", () => agent.ask("hi"), /^Cannot reach/);
  for (const status of [401, 429, 503]) {
    const server = await startOpenAiCounterpart({ keys: { k: { status, message: "no" } } });
    const address = `${server.address}/v1`;
    const openai = createOpenAiCompatible({
      id: "openai",
      name: "OpenAI",
      address,
      startFix: "",
      keys: fixedKey("k"),
    });
    await using other = await startTestAgent({
      settings: () => ({ primary: "openai/gpt-5", providers: [openai] }),
    });
    await check(String(status), () => other.ask("hi"), new RegExp(`answered ${status}`));
    await server.close();
  }
  t.diagnostic(told.join(", "));
});
