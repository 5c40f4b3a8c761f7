import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fixedKey } from "./keys.ts";
import { startOpenAiCounterpart, type OpenAiCounterpartOptions } from "./openai.counterpart.ts";
import { createOpenAiResponses } from "./openai-responses.ts";
import { serveCounterpart } from "./counterpart-http.ts";
import { failureOf, read, request, ROLL, user } from "./provider.fixture.ts";

const open: { close(): Promise<void> }[] = [];
after(() => Promise.all(open.map((server) => server.close())));

function providerAt(address: string, limits = {}) {
  const options = {
    id: "openai",
    name: "OpenAI",
    startFix: "Check the network",
    keys: fixedKey("sk-key"),
    limits,
  };
  return createOpenAiResponses({ ...options, address: `${address}/v1` });
}

async function start(options: OpenAiCounterpartOptions = {}, limits = {}) {
  const server = await startOpenAiCounterpart(options);
  open.push(server);
  return { server, provider: providerAt(server.address, limits) };
}

test("an answer streams with its reasoning and usage", async () => {
  const { provider, server } = await start({ key: "sk-key" });
  const answer = await read(provider, request("[[think:2]] [[tokens:3]]"));
  assert.equal(answer.thinking, "think0 think1");
  assert.equal(answer.text, "tok0 tok1 tok2");
  assert.equal(answer.events.filter(({ type }) => type === "text").length, 3);
  assert.deepEqual(answer.last, {
    type: "done",
    stopReason: "stop",
    usage: { input: 10, output: 3, totalTokens: 13 },
  });
  assert.equal(server.requests[0]?.path, "/v1/responses");
});

test("tool calls come whole from their pieces, once, and what is no object as malformed", async () => {
  const { provider } = await start();
  const answer = await read(
    provider,
    request('[[tool:roll {"sides":6}]] [[raw:roll six]]', { tools: [ROLL] }),
  );
  assert.deepEqual(
    answer.calls.map(({ call, malformed }) => [call.id, call.name, call.arguments, malformed]),
    [
      ["call_1", "roll", { sides: 6 }, undefined],
      ["call_2", "roll", {}, "six"],
    ],
  );
  assert.equal(answer.last?.type === "done" && answer.last.stopReason, "toolUse");
});

test("an answer that was cut at the length limit says so", async () => {
  const { provider } = await start();
  const { last } = await read(provider, request("[[length]]"));
  assert.equal(last?.type === "done" && last.stopReason, "length");
});

test("the conversation arrives in its words: instructions, images, calls, results, effort, schema", async () => {
  const { provider, server } = await start();
  const call = { type: "toolCall", id: "c1", name: "roll", arguments: { sides: 6 } } as const;
  const image = { type: "image", data: "aWo=", mimeType: "image/png" } as const;
  const facts = {
    api: "x",
    provider: "x",
    model: "x",
    usage: { input: 0, output: 0, totalTokens: 0 },
    timestamp: 0,
  };
  await read(
    provider,
    request("", {
      model: "gpt-5",
      tools: [ROLL],
      maxTokens: 50,
      thinking: "max",
      schema: { type: "object" },
      messages: [
        { role: "user", content: [{ type: "text", text: "look" }, image], timestamp: 0 },
        {
          role: "assistant",
          content: [{ type: "thinking", thinking: "hm" }, { type: "text", text: "so" }, call],
          stopReason: "toolUse",
          ...facts,
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
      ],
    }),
  );
  const { input, ...rest } = server.requests.at(-1)?.body ?? {};
  assert.deepEqual(input, [
    {
      role: "user",
      content: [
        { type: "input_text", text: "look" },
        { type: "input_image", image_url: "data:image/png;base64,aWo=" },
      ],
    },
    { role: "assistant", content: [{ type: "output_text", text: "so" }] },
    { type: "function_call", call_id: "c1", name: "roll", arguments: '{"sides":6}' },
    { type: "function_call_output", call_id: "c1", output: "4" },
    { role: "user", content: [{ type: "input_text", text: "and?" }] },
  ]);
  assert.deepEqual(rest, {
    model: "gpt-5",
    instructions: "Be brief.",
    stream: true,
    store: false,
    tools: [{ type: "function", ...ROLL, strict: false }],
    max_output_tokens: 50,
    reasoning: { effort: "high", summary: "auto" },
    text: { format: { type: "json_schema", name: "answer", schema: { type: "object" } } },
  });
});

test("a model that does not reason is sent no effort, and one that can be told not to is", async () => {
  const { provider, server } = await start();
  await read(provider, request("hi", { model: "gpt-4o", thinking: "high" }));
  assert.equal(server.requests.at(-1)?.body.reasoning, undefined);
  await read(provider, request("hi", { model: "gpt-5.1", thinking: "off" }));
  assert.deepEqual(server.requests.at(-1)?.body.reasoning, { effort: "none" });
});

test("a 500, a dead connection, silence and a failure in the middle are told as what they are", async () => {
  const { provider } = await start({}, { idleTimeoutMs: 100 });
  const startedAt = performance.now();
  assert.match(failureOf(await read(provider, request("[[error]]")))?.message ?? "", /answered 500/);
  assert.ok(performance.now() - startedAt < 2_000);
  const died = await read(provider, request("[[tokens:4]] [[die]]"));
  assert.equal(died.text, "tok0 tok1");
  assert.match(failureOf(died)?.message ?? "", /closed the connection/);
  const mute = await read(provider, request("[[tokens:4]] [[silence]]"));
  assert.match(failureOf(mute)?.message ?? "", /sent nothing for 0\.1 s$/);
  const server = await serveCounterpart((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(
      'data: {"type":"response.failed","response":{"error":{"code":"server_error","message":"out of luck"}}}\n\n',
    );
  });
  open.push(server);
  const failure = failureOf(await read(providerAt(server.address), request("hi")));
  assert.match(failure?.message ?? "", /failed in the middle of its answer: out of luck$/);
});
