/** The agent's turns over a real ledger: reserved, settled once, refused past the owner's budgets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Budgets } from "#host/base/budget.ts";
import { systemClock } from "#host/base/clock.ts";
import { createLog } from "#host/base/log.ts";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { createOllama } from "#host/llm/ollama.ts";
import { read, request } from "#host/llm/provider.fixture.ts";
import type { ModelChoice } from "#host/llm/provider.ts";
import { createModelUsage, NO_RULES } from "#host/store/model-usage.ts";
import { temporaryStore } from "#host/store/temporary-store.fixture.ts";
import { createMeter, priceOf } from "./model-budget.ts";

const RUN = { sessionKey: "agent:main:main", runId: "r1" };
const NONE = { tokens: null, usd: null };

async function world(budgets: Partial<Budgets> = {}) {
  const server = await startOllamaCounterpart();
  const store = await temporaryStore();
  const log = createLog({ clock: systemClock, level: "error", format: "json", write: () => {} });
  const rules = {
    ...NO_RULES,
    budgets: () => ({ day: NONE, session: NONE, ...budgets }),
    priceOf: () => ({ input: 1, output: 2 }),
  };
  const usage = createModelUsage(store.db, systemClock, rules);
  const provider = createOllama({ address: server.address, limits: { idleTimeoutMs: 200 } });
  const [model] = await provider.listModels(new AbortController().signal);
  assert.ok(model);
  const choice: ModelChoice = { provider, model, how: "found", why: "" };
  const metered = createMeter(usage, log)(choice, RUN).provider;
  const rows = () =>
    store.db
      .all<{ state: string; input: number; output: number; exact: number }>(
        "select state, input, output, exact from model_usage",
      )
      .map(({ state, input, output, exact }) => [state, input, output, exact]);
  return {
    server,
    metered,
    rows,
    chats: () => server.requests.filter(({ path }) => path === "/api/chat"),
    async [Symbol.asyncDispose]() {
      await server.close();
      await store[Symbol.asyncDispose]();
    },
  };
}

test("an answer is one row, with what the service counted; one that failed before it worked is none", async () => {
  await using made = await world();
  await read(made.metered, request("[[tokens:3]]"));
  assert.deepEqual(made.rows(), [["settled", 10, 3, 1]]);
  await read(made.metered, request("[[error]]"));
  assert.equal(made.rows().length, 1);
  const options = made.chats()[0]?.body.options ?? {};
  assert.ok(!("num_predict" in Object(options)), "without budgets nothing bounds the answer");
});

test("an answer that broke off, fell silent or was left counts what was said, and not as exact", async () => {
  await using made = await world();
  await read(made.metered, request("[[tokens:40]] [[die]]"));
  await read(made.metered, request("[[tokens:40]] [[silence]]"));
  for await (const event of made.metered.stream(request("[[pace:5]]"))) if (event.type === "text") break;
  for (const [state, input, output, exact] of made.rows()) {
    assert.deepEqual([state, exact], ["settled", 0]);
    assert.ok(Number(input) > 0 && Number(output) > 0, `${input} in, ${output} out`);
  }
  assert.equal(made.rows().length, 3);
});

test("the agent's own turn is refused past the budget with a clear message, and the model is not asked", async () => {
  await using made = await world({ day: { tokens: 100, usd: null } });
  const { last } = await read(made.metered, request("hi"));
  assert.ok(last?.type === "error");
  assert.equal(last.error.code, "limit.exceeded");
  assert.match(
    last.error.message,
    /^Cannot ask "ollama\/fake:latest": today's budget is used up: 0 of 100 tokens are spent/,
  );
  assert.match(last.error.fix ?? "", /^Wait until .*, or raise budgets\.day in openclaw\.json$/);
  assert.equal(made.chats().length, 0);
  assert.deepEqual(made.rows(), []);
});

test("an answer is bounded by what is left, and one that ends there says why", async () => {
  await using made = await world({ session: { tokens: 1_000, usd: null } });
  const { last } = await read(made.metered, request("[[length]]"));
  const options = made.chats()[0]?.body.options as { num_predict: number };
  assert.ok(options.num_predict > 900 && options.num_predict < 1_000, String(options.num_predict));
  assert.match(
    last?.type === "error" ? last.error.message : "",
    /^Stopped the answer after \d+ tokens: the owner's budget/,
  );
});

test("prices come from the configuration, the owner's machine is free, and a service without a price is unknown", () => {
  const none = { contextTokens: null, keepAlive: null };
  const base = { baseUrl: null, apiKey: null, defaults: none };
  const cost = { input: 3, output: 15 };
  const providers = {
    anthropic: { ...base, id: "anthropic", api: "anthropic-messages", models: { sonnet: { ...none, cost } } },
    box: { ...base, id: "box", api: "ollama", models: {} },
  };
  assert.deepEqual(priceOf(providers, "anthropic", "sonnet"), cost);
  assert.equal(priceOf(providers, "anthropic", "opus"), null);
  assert.deepEqual(priceOf(providers, "box", "llama"), { input: 0, output: 0 });
  assert.deepEqual(priceOf({}, "ollama", "llama3.2:3b"), { input: 0, output: 0 });
  assert.equal(priceOf({}, "ollama", "gpt-oss:120b-cloud"), null);
});
