import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startOpenAiCounterpart, type OpenAiCounterpartOptions } from "./openai.counterpart.ts";
import { createOpenAiCompatible } from "./openai-compatible.ts";
import { fixedKey } from "./keys.ts";
import { failureOf, read, request, ROLL, user } from "./provider.fixture.ts";

const open: { close(): Promise<void> }[] = [];
after(() => Promise.all(open.map((server) => server.close())));

async function start(options: OpenAiCounterpartOptions = {}, key: string | null = null) {
  const server = await startOpenAiCounterpart(options);
  open.push(server);
  const provider = createOpenAiCompatible({
    id: "lmstudio",
    name: "LM Studio",
    address: `${server.address}/v1/`,
    startFix: "Start its server",
    keys: key === null ? null : fixedKey(key),
  });
  return { server, provider };
}

const never = new AbortController().signal;

test("an answer streams with thinking and usage", async () => {
  const { provider } = await start();
  const answer = await read(provider, request("[[think:2]] [[tokens:3]]"));
  assert.equal(answer.thinking, "think0 think1");
  assert.equal(answer.text, "tok0 tok1 tok2");
  assert.deepEqual(answer.last, {
    type: "done",
    stopReason: "stop",
    usage: { input: 10, output: 3, totalTokens: 13 },
  });
});

test("arguments that come in pieces are put together, and those that make no object are malformed", async () => {
  const { provider } = await start();
  const answer = await read(
    provider,
    request('[[tool:roll {"sides":6}]] [[raw:roll {"sides":]] [[tool:roll]]', { tools: [ROLL] }),
  );
  assert.deepEqual(
    answer.calls.map(({ call, malformed }) => [call.id, call.arguments, malformed]),
    [
      ["call_0", { sides: 6 }, undefined],
      ["call_1", {}, undefined],
      ["call_2", {}, '{"sides":'],
    ],
  );
  assert.equal(answer.last?.type === "done" && answer.last.stopReason, "toolUse");
});

test("the conversation arrives in OpenAI's words", async () => {
  const { provider, server } = await start();
  const call = { type: "toolCall", id: "c1", name: "roll", arguments: { sides: 6 } } as const;
  const usage = { input: 0, output: 0, totalTokens: 0 };
  const image = { type: "image", data: "aWo=", mimeType: "image/png" } as const;
  const messages = [
    { role: "user", content: [{ type: "text", text: "look" }, image], timestamp: 0 },
    {
      role: "assistant",
      content: [call],
      stopReason: "toolUse",
      api: "x",
      provider: "x",
      model: "x",
      usage,
      timestamp: 0,
    },
    {
      role: "toolResult",
      toolCallId: "c1",
      toolName: "roll",
      content: [{ type: "text", text: "4" }],
      isError: false,
      timestamp: 0,
    },
    user("and?"),
  ] as const;
  await read(provider, request("", { messages }));
  assert.deepEqual(server.requests.at(-1)?.body.messages, [
    { role: "system", content: "Be brief." },
    {
      role: "user",
      content: [
        { type: "text", text: "look" },
        { type: "image_url", image_url: { url: "data:image/png;base64,aWo=" } },
      ],
    },
    {
      role: "assistant",
      content: "",
      tool_calls: [{ id: "c1", type: "function", function: { name: "roll", arguments: '{"sides":6}' } }],
    },
    { role: "tool", tool_call_id: "c1", content: "4" },
    { role: "user", content: "and?" },
  ]);
});

test("models are listed without those that cannot chat", async () => {
  const { provider } = await start({ models: ["qwen3-8b", "text-embedding-nomic", "whisper-1"] });
  const models = await provider.listModels(never);
  assert.deepEqual(
    models.map((model) => model.id),
    ["qwen3-8b"],
  );
});

test("a wrong key is refused with a fix, and stands in no message even if the server quotes it", async () => {
  const { provider } = await start({ key: "right" }, "sk-secret-123");
  const failure = failureOf(await read(provider, request("hi")));
  assert.equal(failure?.code, "model.refused");
  assert.match(failure?.message ?? "", /answered 401: wrong key: \[redacted\]$/);
  assert.equal(failure?.fix, "Check its API key");
  await assert.rejects(provider.listModels(never), (thrown: Error) => !thrown.message.includes("sk-secret"));
});

test("the right key is sent and works", async () => {
  const { provider } = await start({ key: "right" }, "right");
  assert.equal((await read(provider, request("[[tokens:1]]"))).text, "tok0");
});

test("a server that takes no tools is asked once more without them", async () => {
  const { provider, server } = await start({ refusesTools: true });
  assert.equal((await read(provider, request("[[tokens:1]]", { tools: [ROLL] }))).text, "tok0");
  assert.equal(server.requests.length, 2);
});

test("each failure has its own code", async () => {
  const { provider } = await start();
  const codeOf = async (text: string) => failureOf(await read(provider, request(text)))?.code;
  assert.equal(await codeOf("[[error]]"), "model.refused");
  assert.equal(await codeOf("[[die]]"), "model.broken");
});

test("a key that cannot be had is the answer's failure, not an exception", async () => {
  const { server } = await start();
  const provider = createOpenAiCompatible({
    id: "openai",
    name: "OpenAI",
    address: `${server.address}/v1`,
    startFix: "",
    keys: { ...fixedKey(""), usable: () => Promise.reject(new Error("locked")) },
  });
  assert.equal((await read(provider, request("hi"))).last?.type, "error");
});
