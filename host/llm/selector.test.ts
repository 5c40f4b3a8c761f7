import assert from "node:assert/strict";
import { after, test } from "node:test";
import { HostError } from "#host/base/errors.ts";
import { MODEL } from "#host/base/limits.ts";
import { createLog } from "#host/base/log.ts";
import type { Clock } from "#host/base/clock.ts";
import { createAnthropic } from "./anthropic.ts";
import { startAnthropicCounterpart } from "./anthropic.counterpart.ts";
import type { Counterpart } from "./counterpart-http.ts";
import { startOllamaCounterpart, type OllamaCounterpartOptions } from "./ollama.counterpart.ts";
import { createOllama } from "./ollama.ts";
import { startOpenAiCounterpart } from "./openai.counterpart.ts";
import { createOpenAiCompatible } from "./openai-compatible.ts";
import { fixedKey } from "./keys.ts";
import { failureOf, read, request } from "./provider.fixture.ts";
import { createModelSelector } from "./selector.ts";
import type { ModelProvider } from "./provider.ts";
import { pickModel } from "./suitable.ts";

const open: Counterpart[] = [];
after(() => Promise.all(open.map((server) => server.close())));

async function opened(starting: Promise<Counterpart>): Promise<Counterpart> {
  const server = await starting;
  open.push(server);
  return server;
}

const startOllama = (options: OllamaCounterpartOptions = {}) => opened(startOllamaCounterpart(options));

/** An address where nothing listens. */
async function deadAddress(): Promise<string> {
  const server = await startOllamaCounterpart();
  await server.close();
  return server.address;
}

function lmStudio(address: string): ModelProvider {
  return createOpenAiCompatible({
    id: "lmstudio",
    name: "LM Studio",
    address: `${address}/v1`,
    startFix: "",
    keys: null,
  });
}

function select(primary: string | null, providers: readonly ModelProvider[]) {
  let elapsed = 0;
  const clock: Clock = { now: () => 0, monotonic: () => elapsed };
  const lines: string[] = [];
  const log = createLog({ clock, level: "info", format: "json", write: (line) => lines.push(line) });
  const models = createModelSelector({
    settings: () => ({ primary, providers }),
    clock,
    log,
    probeTimeoutMs: 2_000,
  });
  return { models, lines, pass: (ms: number) => (elapsed += ms) };
}

test("before anything was looked for, the demo model stands there", () => {
  const { models } = select(null, []);
  assert.equal(models.current().how, "demo");
});

test("Ollama is taken when it is there, and the choice says what was found", async () => {
  const server = await startOllama({ models: [{ name: "llama3.2:3b" }] });
  const { models, lines } = select(null, [
    createOllama({ address: server.address }),
    lmStudio(await deadAddress()),
  ]);
  const choice = await models.refresh();
  assert.equal(choice.how, "found");
  assert.equal(choice.model.id, "llama3.2:3b");
  assert.match(choice.why, /ollama at http:\S+ has 1 model; took llama3\.2:3b$/);
  assert.equal(lines.length, 1, "a choice is logged once");
  await models.refresh();
  assert.equal(lines.length, 1);
});

test("the newest model that calls tools is taken, never one that only embeds", async () => {
  const server = await startOllama({
    models: [
      { name: "embed", modifiedAt: "2026-04-01T00:00:00Z", capabilities: ["embedding"] },
      { name: "gemma:2b", modifiedAt: "2026-03-01T00:00:00Z", capabilities: ["completion"] },
      { name: "qwen3:8b", modifiedAt: "2026-02-01T00:00:00Z" },
      { name: "llama3.1:8b", modifiedAt: "2026-01-01T00:00:00Z" },
    ],
  });
  const { models } = select(null, [createOllama({ address: server.address })]);
  assert.equal((await models.refresh()).model.id, "qwen3:8b");
});

test("without Ollama it is LM Studio, then a service with a key, then the demo model", async () => {
  const dead = createOllama({ address: await deadAddress() });
  const empty = createOllama({ address: (await startOllama({ models: [] })).address });
  const studio = await opened(startOpenAiCounterpart({ models: ["qwen"] }));
  const claude = await opened(startAnthropicCounterpart("k"));
  const anthropic = createAnthropic({ address: claude.address, keys: fixedKey("k") });
  const all = [dead, lmStudio(studio.address), anthropic];
  assert.equal((await select(null, all).models.refresh()).provider.id, "lmstudio");
  const withKey = await select(null, [empty, anthropic]).models.refresh();
  assert.equal(withKey.model.id, "claude-fake-sonnet");
  assert.match(withKey.why, /ollama at \S+ has no model that can chat; anthropic at/);
  const demo = await select(null, [dead]).models.refresh();
  assert.equal(demo.how, "demo");
  assert.match(demo.why, /ollama at \S+ does not answer$/);
});

test("a slow server at the end of the list keeps nobody waiting", async () => {
  const server = await startOllama();
  const slow: ModelProvider = { ...lmStudio(await deadAddress()), listModels: () => new Promise(() => {}) };
  const { models } = select(null, [createOllama({ address: server.address }), slow]);
  assert.equal((await models.refresh()).how, "found");
});

test("a configured model is used even while its server is down, and the problem is told", async () => {
  const other = await startOllama();
  const address = await deadAddress();
  const down = createOllama({ address, id: "ollama" });
  const { models } = select("ollama/llama3.2", [
    down,
    { ...createOllama({ address: other.address }), id: "other" },
  ]);
  const choice = await models.refresh();
  assert.equal(choice.how, "configured");
  assert.equal(choice.provider, down);
  assert.equal(choice.model.id, "llama3.2");
  assert.equal(models.status().reachable, false);
  assert.equal(models.status().problem, `Cannot reach Ollama at ${address}. Start it with: ollama serve`);
});

test("a configured model that is not installed is told with the command; `:latest` may be left out", async () => {
  const server = await startOllama({ models: [{ name: "llama3.2:latest" }, { name: "hf.co/a/b:Q4" }] });
  const ollama = createOllama({ address: server.address });
  const missing = select("ollama/nope", [ollama]).models;
  await missing.refresh();
  assert.match(missing.status().problem ?? "", /"nope".*not installed\. Run: openclaw models pull nope$/);
  assert.equal(missing.status().reachable, true);
  for (const name of ["llama3.2", "hf.co/a/b:Q4"]) {
    const { models } = select(`ollama/${name}`, [ollama]);
    await models.refresh();
    assert.equal(models.status().problem, null);
  }
});

test("a configured model of an unknown provider answers every message with what is wrong", async () => {
  const server = await startOllama();
  const { models } = select("gpt-5", [createOllama({ address: server.address })]);
  const choice = await models.refresh();
  const failure = failureOf(await read(choice.provider, request("hi")));
  assert.equal(failure?.message, `Cannot use model "gpt-5": its provider is not configured`);
  assert.match(failure?.fix ?? "", /one of ollama/);
});

test("a turn looks again only when the demo model would answer, and not more often than the limit", async () => {
  const server = await startOllama({ models: [] });
  const real = createOllama({ address: server.address });
  let looks = 0;
  let models = 0;
  const provider: ModelProvider = {
    ...real,
    listModels: async () => {
      looks++;
      return models === 0
        ? []
        : [
            {
              id: "m",
              name: "m",
              contextWindow: null,
              supportsTools: true,
              supportsImages: false,
              reasoning: false,
            },
          ];
    },
  };
  const selector = select(null, [provider]);
  await selector.models.refresh();
  assert.equal((await selector.models.forTurn()).how, "demo");
  assert.equal(looks, 1, "just looked");
  models = 1;
  selector.pass(MODEL.lookAgainMs);
  assert.equal((await selector.models.forTurn()).how, "found");
  selector.pass(MODEL.lookAgainMs * 10);
  await selector.models.forTurn();
  assert.equal(looks, 2, "nobody looks while all is well");
});

test("a turn that failed makes the next one look again; a turn that went well takes the problem away", async () => {
  const server = await startOllama();
  const { models, pass } = select(null, [createOllama({ address: server.address })]);
  const choice = await models.refresh();
  models.report(choice, new HostError("aborted", "stopped"));
  assert.equal(models.status().problem, null, "a stop is no problem of the model");
  models.report(choice, new HostError("model.unreachable", "Cannot reach it"));
  assert.equal(models.status().reachable, false);
  models.report(choice, null);
  assert.equal(models.status().problem, null);
  models.report(choice, new HostError("model.unreachable", "Cannot reach it"));
  await server.close();
  pass(MODEL.lookAgainMs);
  assert.equal((await models.forTurn()).how, "found", "the demo does not take over");
  assert.equal(models.status().reachable, false);
  await startOllama({ port: Number(new URL(server.address).port) });
  pass(MODEL.lookAgainMs);
  await models.forTurn();
  assert.equal(models.status().problem, null);
});

test("a found model whose server is taken out of the settings makes room for the demo", async () => {
  const server = await startOllama();
  const providers: ModelProvider[] = [createOllama({ address: server.address })];
  const { models } = select(null, providers);
  assert.equal((await models.refresh()).how, "found");
  providers.pop();
  assert.equal((await models.refresh()).how, "demo");
});

test("a look with new settings wins over one that is still under way with the old ones", async () => {
  const gate = Promise.withResolvers<void>();
  const server = await startOllama({ models: [{ name: "old" }, { name: "new" }] });
  const ollama = createOllama({ address: server.address });
  let isFirst = true;
  const provider: ModelProvider = {
    ...ollama,
    async listModels(signal) {
      const waits = isFirst;
      isFirst = false;
      if (waits) await gate.promise;
      return await ollama.listModels(signal);
    },
  };
  let primary = "ollama/old";
  const clock: Clock = { now: () => 0, monotonic: () => 0 };
  const log = createLog({ clock, level: "error", format: "json", write: () => {} });
  const models = createModelSelector({ settings: () => ({ primary, providers: [provider] }), clock, log });
  const first = models.refresh();
  primary = "ollama/new";
  await models.refresh();
  gate.resolve();
  await first;
  assert.equal(models.current().model.id, "new");
});

test("the list has the current model first and the models of every server that answers", async () => {
  const server = await startOllama({ models: [{ name: "a" }, { name: "b" }] });
  const studio = await opened(startOpenAiCounterpart({ models: ["c"] }));
  const dead = lmStudio(await deadAddress());
  const { models } = select("ollama/b", [
    createOllama({ address: server.address }),
    lmStudio(studio.address),
    dead,
  ]);
  await models.refresh();
  assert.deepEqual(
    (await models.list()).map((model) => `${model.provider}/${model.id}`),
    ["ollama/b", "ollama/a", "lmstudio/c"],
  );
});

test("of a service's many models one of moderate price is taken, and of local ones none that runs elsewhere", () => {
  const named = (...ids: string[]) =>
    ids.map((id) => ({
      id,
      name: id,
      contextWindow: null,
      supportsTools: true,
      supportsImages: false,
      reasoning: false,
    }));
  assert.equal(pickModel("anthropic", named("claude-opus-9", "claude-sonnet-9"))?.id, "claude-sonnet-9");
  assert.equal(pickModel("openai", named("o9", "gpt-7-pro", "gpt-7", "gpt-7-mini"))?.id, "gpt-7-mini");
  assert.equal(pickModel("ollama", named("gpt-oss:120b-cloud", "llama3.2:3b"))?.id, "llama3.2:3b");
  assert.equal(pickModel("ollama", []), null);
});
