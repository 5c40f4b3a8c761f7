/**
 * Whatever the byte at which a server dies, whichever provider: no exception, one last event, and never a
 * `done` for an answer that was not complete.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startAnthropicCounterpart } from "./anthropic.counterpart.ts";
import { createAnthropic } from "./anthropic.ts";
import { serveCounterpart, type Counterpart } from "./counterpart-http.ts";
import { startOllamaCounterpart } from "./ollama.counterpart.ts";
import { createOllama } from "./ollama.ts";
import { startOpenAiCounterpart } from "./openai.counterpart.ts";
import { createOpenAiCompatible } from "./openai-compatible.ts";
import { createOpenAiResponses } from "./openai-responses.ts";
import type { ModelProvider } from "./provider.ts";
import { fixedKey } from "./keys.ts";
import { read, request, ROLL } from "./provider.fixture.ts";

interface Case {
  readonly name: string;
  readonly counterpart: () => Promise<Counterpart>;
  readonly provider: (address: string) => ModelProvider;
  /** From here on the answer is complete, though more may follow. */
  readonly complete: string;
}

const keys = fixedKey("key");
const CASES: readonly Case[] = [
  {
    name: "Ollama",
    counterpart: () => startOllamaCounterpart(),
    provider: (address) => createOllama({ address }),
    complete: '"done":true',
  },
  {
    name: "OpenAI",
    counterpart: () => startOpenAiCounterpart(),
    provider: (address) =>
      createOpenAiCompatible({ id: "openai", name: "OpenAI", address: `${address}/v1`, startFix: "", keys }),
    complete: '"finish_reason":"tool_calls"',
  },
  {
    name: "OpenAI's Responses",
    counterpart: () => startOpenAiCounterpart(),
    provider: (address) =>
      createOpenAiResponses({ id: "openai", name: "OpenAI", address: `${address}/v1`, startFix: "", keys }),
    complete: '"type":"response.completed"',
  },
  {
    name: "Anthropic",
    counterpart: () => startAnthropicCounterpart("key"),
    provider: (address) => createAnthropic({ address, keys }),
    complete: '"type":"message_stop"',
  },
];

for (const { name, counterpart, provider, complete } of CASES) {
  test(`an answer of ${name} that is cut at any event fails, and is never taken for complete`, async () => {
    const whole = await recordAnswer(await counterpart(), provider);
    let served = "";
    let isPolite = true;
    const server = await serveCounterpart((_request, response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      if (isPolite) response.end(served);
      else response.write(served === "" ? " " : served, () => response.destroy());
    });
    const cut = provider(server.address);
    try {
      for (const at of cutsOf(whole)) {
        served = whole.slice(0, at);
        isPolite = at % 2 === 0;
        const answer = await read(cut, request("hi", { tools: [ROLL] }));
        const ends = answer.events.filter((event) => event.type === "done" || event.type === "error");
        assert.equal(ends.length, 1, `cut at ${at}`);
        if (!served.includes(complete))
          assert.equal(answer.last?.type, "error", `cut at ${at}: ${served.slice(-80)}`);
      }
      served = whole;
      isPolite = true;
      assert.equal((await read(cut, request("hi"))).last?.type, "done", "the whole answer is complete");
    } finally {
      await server.close();
    }
  });
}

/** The ends of all events, and some places in the middle of them. */
function cutsOf(whole: string): number[] {
  const ends = [...whole.matchAll(/\n/g)].map((match) => match.index);
  return [...new Set(ends.flatMap((end) => [end - 7, end, end + 1]))].filter(
    (at) => at >= 0 && at < whole.length,
  );
}

/** The bytes that the counterpart sends, fetched as the provider would fetch them. */
async function recordAnswer(counterpart: Counterpart, provider: Case["provider"]): Promise<string> {
  try {
    await read(
      provider(counterpart.address),
      request('[[think:1]] [[tool:roll {"sides":6}]]', { tools: [ROLL] }),
    );
    const asked = counterpart.requests.at(-1);
    const response = await fetch(counterpart.address + (asked?.path ?? ""), {
      method: "POST",
      headers: { "x-api-key": "key", "anthropic-version": "2023-06-01" },
      body: JSON.stringify(asked?.body),
    });
    return await response.text();
  } finally {
    await counterpart.close();
  }
}
