import assert from "node:assert/strict";
import { after, test } from "node:test";
import { AGENT, MODEL } from "#host/base/limits.ts";
import { contextSize, sizeFor, type ContextFacts } from "./context-size.ts";
import { readCard } from "./ollama-card.ts";
import { startOllamaCounterpart, type OllamaCounterpartOptions } from "./ollama.counterpart.ts";
import { createOllama, type OllamaSettings } from "./ollama.ts";
import { failureOf, read, request, user } from "./provider.fixture.ts";

const GiB = 1024 ** 3;

/** As `/api/show` tells of llama3.1:8b: 128 KiB of keys and values a token. */
const LLAMA_8B = {
  context_length: 131_072,
  block_count: 32,
  embedding_length: 4_096,
  "attention.head_count": 32,
  "attention.head_count_kv": 8,
};

function card(info: Record<string, unknown>, rest: object = {}) {
  const named = Object.entries(info).map(([key, value]) => [`llama.${key}`, value] as const);
  return readCard("m", {
    model_info: { "general.architecture": "llama", ...Object.fromEntries(named) },
    ...rest,
  });
}

function facts(patch: Partial<ContextFacts> = {}): ContextFacts {
  const weightBytes = 4.9 * GiB;
  return { card: card(LLAMA_8B), weightBytes, memoryBytes: 16 * GiB, configured: null, ...patch };
}

test("what a token of context costs comes from the card, with and without heads of its own size", () => {
  assert.equal(card(LLAMA_8B).bytesPerToken, 131_072);
  assert.equal(
    card({ ...LLAMA_8B, "attention.key_length": 64, "attention.value_length": 64 }).bytesPerToken,
    65_536,
  );
  const perLayer = Array.from({ length: 32 }, (_, layer) => (layer % 4 === 0 ? 8 : 0));
  assert.equal(card({ ...LLAMA_8B, "attention.head_count_kv": perLayer }).bytesPerToken, 32_768);
  assert.equal(
    card({ context_length: 4_096 }).bytesPerToken,
    null,
    "a card that does not say is not guessed",
  );
  const withEyes = { "llama.vision.block_count": 400, ...LLAMA_8B };
  assert.equal(card(withEyes).bytesPerToken, 131_072, "the part that sees is not the part that remembers");
});

test("the context is what the agent wants where memory allows, less on a small machine, never below the least", () => {
  assert.deepEqual(contextSize(facts()), { usual: 16_384, most: 32_768 });
  assert.deepEqual(contextSize(facts({ memoryBytes: 8 * GiB })), { usual: 8_192, most: 8_192 });
  assert.deepEqual(contextSize(facts({ memoryBytes: 4 * GiB })), { usual: 4_096, most: 4_096 });
  assert.deepEqual(contextSize(facts({ card: card({ ...LLAMA_8B, context_length: 2_048 }) })), {
    usual: 2_048,
    most: 2_048,
  });
});

test("another machine's memory is not guessed, and the owner's number goes before all but the card", () => {
  assert.deepEqual(contextSize(facts({ memoryBytes: null })), { usual: 16_384, most: 16_384 });
  assert.deepEqual(contextSize(facts({ configured: 65_536 })), { usual: 65_536, most: 65_536 });
  assert.deepEqual(contextSize(facts({ configured: 1_000_000 })), { usual: 131_072, most: 131_072 });
  assert.deepEqual(contextSize(facts({ card: null })), { usual: 16_384, most: 16_384 });
  const modelfile = card(LLAMA_8B, { parameters: 'stop "<|eot|>"\nnum_ctx                        24576' });
  assert.deepEqual(contextSize(facts({ card: modelfile })), { usual: 24_576, most: 32_768 });
});

test("a longer conversation gets a larger context, in few steps and within the most", () => {
  const size = { usual: 16_384, most: 24_000 };
  assert.equal(sizeFor(100, size), 16_384);
  assert.equal(sizeFor(16_385, size), 24_000);
  assert.equal(sizeFor(1_000_000, size), 24_000);
});

const open: { close(): Promise<void> }[] = [];
after(() => Promise.all(open.map((server) => server.close())));

async function start(
  options: OllamaCounterpartOptions,
  memoryBytes: number | null,
  settings?: OllamaSettings,
) {
  const server = await startOllamaCounterpart(options);
  open.push(server);
  const given = settings === undefined ? {} : { settings: () => settings };
  const ollama = createOllama({ address: server.address, memoryBytes, ...given });
  const asked = () => server.requests.filter(({ path }) => path === "/api/chat").map(({ body }) => body);
  return { server, ollama, asked };
}

const REAL = { name: "fake:latest", architecture: "llama", info: LLAMA_8B, size: Math.round(4.9 * GiB) };

test("the agent's whole window arrives uncut: num_ctx is sent, and is larger than what was sent", async () => {
  const { ollama, asked } = await start({ models: [REAL] }, 16 * GiB);
  const history = Array.from({ length: AGENT.historyMessages }, () =>
    user("four".repeat(AGENT.historyChars / AGENT.historyMessages / 4)),
  );
  const answer = await read(ollama, request("", { messages: [...history, user("[[tokens:1]]")] }));
  assert.equal(answer.text, "tok0");
  const body = asked()[0] as { options: { num_ctx: number }; truncate: boolean; shift: boolean };
  assert.equal(body.options.num_ctx, MODEL.contextTokens);
  assert.ok(body.options.num_ctx > AGENT.historyChars / 4 + MODEL.answerRoomTokens, "window and answer fit");
  assert.deepEqual([body.truncate, body.shift], [false, false]);
});

test("a conversation longer than usual gets a larger context; the model is described once, without a list before", async () => {
  const { ollama, asked, server } = await start({ models: [REAL] }, 16 * GiB);
  const long = request("", { messages: [user("word ".repeat(14_000)), user("[[tokens:1]]")] });
  assert.equal((await read(ollama, long)).text, "tok0");
  assert.equal((await read(ollama, request("[[tokens:1]]"))).text, "tok0");
  assert.deepEqual(
    asked().map((body) => body.options),
    [{ num_ctx: 32_768 }, { num_ctx: 16_384 }],
  );
  assert.equal(server.requests.filter(({ path }) => path === "/api/show").length, 1);
});

test("what cannot fit is refused with what to do, by us where it surely cannot, by the server where only it knows", async () => {
  for (const cutsSilently of [false, true]) {
    const { ollama, asked } = await start({ models: [REAL], cutsSilently }, 4 * GiB);
    const failure = failureOf(await read(ollama, request("", { messages: [user("word ".repeat(14_000))] })));
    assert.equal(failure?.code, "model.refused");
    assert.match(failure?.message ?? "", /at least \d+ tokens long, and it takes 4096 here$/);
    assert.match(failure?.fix ?? "", /^Start a new conversation/);
    assert.equal(asked().length, 0, "nothing was sent that an old server would have cut");
  }
  const { ollama } = await start({ models: [REAL] }, 4 * GiB);
  const failure = failureOf(await read(ollama, request("", { messages: [user("word ".repeat(4_000))] })));
  assert.match(failure?.message ?? "", /the input length exceeds the context length$/);
  assert.match(failure?.fix ?? "", /^Start a new conversation/);
});

test("the owner's context and keep_alive are sent as written", async () => {
  const { ollama, asked } = await start({ models: [REAL] }, 16 * GiB, {
    contextTokens: 40_000,
    keepAlive: "30m",
  });
  await read(ollama, request("[[tokens:1]]"));
  assert.deepEqual(asked()[0]?.options, { num_ctx: 40_000 });
  assert.equal(asked()[0]?.keep_alive, "30m");
  const bare = await start({ models: [REAL] }, 16 * GiB);
  await read(bare.ollama, request("[[tokens:1]]"));
  assert.ok(!("keep_alive" in (bare.asked()[0] ?? {})), "the server's own way where the owner says nothing");
});

test("thinking is asked for in the model's own words: levels, yes or no, or not at all", async () => {
  const capabilities = ["completion", "tools", "thinking"];
  const models = [
    { name: "gpt-oss", architecture: "gptoss", capabilities },
    { name: "qwen3", architecture: "qwen3", capabilities },
    { name: "plain" },
  ];
  const { ollama, asked } = await start({ models }, null);
  for (const [model, thinking, sent] of [
    ["gpt-oss", "high", "high"],
    ["gpt-oss", "max", "high"],
    ["gpt-oss", "off", "low"],
    ["qwen3", "off", false],
    ["qwen3", "minimal", true],
    ["qwen3", "high", true],
    ["plain", "high", undefined],
  ] as const) {
    await read(ollama, request("[[tokens:1]]", { model, thinking }));
    assert.equal(asked().at(-1)?.think, sent, `${model} asked for ${thinking}`);
  }
  await read(ollama, request("[[tokens:1]]", { model: "qwen3" }));
  assert.ok(!("think" in (asked().at(-1) ?? {})), "the model's own way where nobody says");
});

test("a model without eyes is told that there was an image, and not sent it", async () => {
  const { ollama, asked } = await start({ models: [{ name: "fake" }] }, null);
  const image = { type: "image", data: "aWo=", mimeType: "image/png" } as const;
  const content = [{ type: "text", text: "[[tokens:1]]" }, image] as const;
  await read(ollama, request("", { messages: [{ role: "user", content, timestamp: 0 }] }));
  const { messages } = asked()[0] as { messages: { content: string; images?: string[] }[] };
  assert.match(messages[1]?.content ?? "", /\[An image that this model cannot see\]$/);
  assert.equal(messages[1]?.images, undefined);
});
