import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { after, test } from "node:test";
import { MODEL } from "#host/base/limits.ts";
import { startOllamaCounterpart, type OllamaCounterpartOptions } from "./ollama.counterpart.ts";
import { createOllama } from "./ollama.ts";
import { failureOf, read, request, ROLL, user } from "./provider.fixture.ts";

const open: { close(): Promise<void> }[] = [];
after(() => Promise.all(open.map((server) => server.close())));

async function start(options: OllamaCounterpartOptions = {}, limits = {}) {
  const server = await startOllamaCounterpart(options);
  open.push(server);
  return { server, ollama: createOllama({ address: server.address, limits }) };
}

const never = new AbortController().signal;

test("an answer streams word by word, with thinking before it and its tokens counted", async () => {
  const { ollama } = await start();
  const answer = await read(ollama, request("[[think:2]] [[tokens:3]]"));
  assert.equal(answer.thinking, "think0 think1");
  assert.equal(answer.text, "tok0 tok1 tok2");
  assert.equal(answer.events.filter((event) => event.type === "text").length, 3);
  assert.deepEqual(answer.last, {
    type: "done",
    stopReason: "stop",
    usage: { input: 10, output: 3, totalTokens: 13 },
  });
});

test("an answer that was cut at the length limit says so", async () => {
  const { ollama } = await start();
  const { last } = await read(ollama, request("[[length]]"));
  assert.equal(last?.type === "done" && last.stopReason, "length");
});

test("tool calls come with ids of their own, and arguments that are no object as malformed", async () => {
  const { ollama } = await start();
  const answer = await read(ollama, request('[[tool:roll {"sides":6}]] [[raw:roll six]]', { tools: [ROLL] }));
  const [first, second] = answer.calls;
  assert.deepEqual(first?.call.arguments, { sides: 6 });
  assert.match(first?.call.id ?? "", /^call_/);
  assert.notEqual(first?.call.id, second?.call.id);
  assert.equal(second?.malformed, "six");
  assert.equal(answer.last?.type === "done" && answer.last.stopReason, "toolUse");
});

test("the conversation arrives in Ollama's words: system, images, calls, results, context size", async () => {
  const { ollama, server } = await start({
    models: [{ name: "fake", capabilities: ["completion", "tools", "vision"] }],
  });
  const call = { type: "toolCall", id: "c1", name: "roll", arguments: { sides: 6 } } as const;
  const usage = { input: 0, output: 0, totalTokens: 0 };
  await read(
    ollama,
    request("", {
      tools: [ROLL],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            { type: "image", data: "aWo=", mimeType: "image/png" },
          ],
          timestamp: 0,
        },
        {
          role: "assistant",
          content: [{ type: "thinking", thinking: "hm" }, { type: "text", text: "so" }, call],
          stopReason: "toolUse",
          api: "ollama",
          provider: "ollama",
          model: "fake",
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
      ],
    }),
  );
  const body = server.requests.at(-1)?.body;
  assert.deepEqual(body?.messages, [
    { role: "system", content: "Be brief." },
    { role: "user", content: "look", images: ["aWo="] },
    {
      role: "assistant",
      content: "so",
      tool_calls: [{ function: { name: "roll", arguments: { sides: 6 } } }],
    },
    { role: "tool", content: "4", tool_name: "roll" },
    { role: "user", content: "and?" },
  ]);
  assert.deepEqual(body?.options, { num_ctx: MODEL.contextTokens });
  assert.deepEqual(body?.tools, [{ type: "function", function: ROLL }]);
});

test("models are listed newest first with what they can do; embedding models are left out", async () => {
  const { ollama, server } = await start({
    models: [
      {
        name: "old:1b",
        modifiedAt: "2024-01-01T00:00:00Z",
        capabilities: ["completion"],
        contextLength: 2_048,
      },
      { name: "nomic-embed", modifiedAt: "2026-05-01T00:00:00Z", capabilities: ["embedding"] },
      {
        name: "new:8b",
        modifiedAt: "2026-01-01T00:00:00Z",
        capabilities: ["completion", "tools", "vision", "thinking"],
      },
    ],
  });
  const models = await ollama.listModels(never);
  assert.deepEqual(
    models.map((model) => model.id),
    ["new:8b", "old:1b"],
  );
  assert.deepEqual(models[0], {
    id: "new:8b",
    name: "new:8b",
    contextWindow: 131_072,
    contextTokens: MODEL.contextTokens,
    supportsTools: true,
    supportsImages: true,
    reasoning: true,
    thinkingLevels: ["off", "low"],
  });
  assert.equal(models[1]?.supportsTools, false);
  const shows = () => server.requests.filter((one) => one.path === "/api/show").length;
  assert.equal(shows(), 3);
  await ollama.listModels(never);
  assert.equal(shows(), 3, "what is known is not asked again");
  await read(ollama, request("hi", { model: "old:1b", tools: [ROLL] }));
  const chats = server.requests.filter((one) => one.path === "/api/chat");
  const body = chats[0]?.body;
  assert.equal(chats.length, 1);
  assert.equal(body?.tools, undefined, "no tools for a model whose capabilities have none");
  assert.deepEqual(body?.options, { num_ctx: 2_048 });
});

test("of a hundred models only the newest are described at once, and all are listed", async () => {
  const models = Array.from({ length: 100 }, (_, n) => ({
    name: `m${n}`,
    modifiedAt: new Date(n * 1e9).toISOString(),
  }));
  const { ollama, server } = await start({ models });
  const listed = await ollama.listModels(never);
  assert.equal(listed.length, 100);
  assert.equal(listed[0]?.id, "m99");
  assert.equal(server.requests.filter((one) => one.path === "/api/show").length, MODEL.describedAtOnce);
});

test("a model that refuses tools is asked once more without them, and then remembered", async () => {
  const { ollama, server } = await start({ models: [{ name: "fake", refusesTools: true }] });
  const chats = () => server.requests.filter((one) => one.path === "/api/chat").length;
  assert.equal((await read(ollama, request("[[tokens:1]]", { tools: [ROLL] }))).text, "tok0");
  assert.equal(chats(), 2);
  assert.equal((await read(ollama, request("[[tokens:1]]", { tools: [ROLL] }))).text, "tok0");
  assert.equal(chats(), 3);
});

test("a model that is not installed is named with the command that installs it", async () => {
  const { ollama, server } = await start();
  assert.deepEqual(failureOf(await read(ollama, request("hi", { model: "nope" }))), {
    code: "model.missing",
    message: `Cannot use model "nope" of Ollama at ${server.address}: not installed`,
    fix: "Run: openclaw models pull nope",
  });
});

test("a server that is not there is told at once", async () => {
  const { ollama, server } = await start();
  await server.close();
  const startedAt = performance.now();
  assert.deepEqual(failureOf(await read(ollama, request("hi"))), {
    code: "model.unreachable",
    message: `Cannot reach Ollama at ${server.address}`,
    fix: "Start it with: ollama serve",
  });
  assert.ok(performance.now() - startedAt < 1_000);
  await assert.rejects(ollama.listModels(never), { code: "model.unreachable" });
});

test("a 500 is told within two seconds, with the server's words and without a second try", async () => {
  const { ollama, server } = await start();
  const startedAt = performance.now();
  const failure = failureOf(await read(ollama, request("[[error]]")));
  assert.ok(performance.now() - startedAt < 2_000);
  assert.equal(failure?.code, "model.refused");
  assert.equal(failure?.message, `Ollama at ${server.address} answered 500: asked to fail by the message`);
  assert.equal(server.requests.filter(({ path }) => path === "/api/chat").length, 1);
});

test("what was said before the server died is kept, then the failure", async () => {
  const { ollama } = await start();
  const answer = await read(ollama, request("[[tokens:4]] [[die]]"));
  assert.equal(answer.text, "tok0 tok1");
  assert.equal(failureOf(answer)?.code, "model.broken");
  assert.match(failureOf(answer)?.message ?? "", /closed the connection in the middle of its answer$/);
});

test("a line that is not JSON is told as what it is", async () => {
  const { ollama } = await start();
  const failure = failureOf(await read(ollama, request("[[garbage]]")));
  assert.equal(failure?.code, "model.broken");
  assert.match(
    failure?.message ?? "",
    /sent a line that is not a JSON object: "<html>no model here<\/html>"$/,
  );
});

test("silence in the middle of an answer is given up", async () => {
  const { ollama } = await start({}, { idleTimeoutMs: 100 });
  const answer = await read(ollama, request("[[tokens:4]] [[silence]]"));
  assert.equal(answer.text, "tok0 tok1");
  assert.match(failureOf(answer)?.message ?? "", /sent nothing for 0\.1 s$/);
});

test("a server that is slow to begin but alive is waited for", async () => {
  const { ollama, server } = await start({}, { connectTimeoutMs: 20 });
  const answer = await read(ollama, request("[[delay:300]] [[tokens:1]]"));
  assert.equal(answer.text, "tok0");
  assert.ok(
    server.requests.some((one) => one.path === "/api/version"),
    "it was asked whether it is alive",
  );
});

test("a server that takes connections and answers nothing at all is unreachable", async () => {
  const sockets: Socket[] = [];
  const mute = createServer((socket) => void sockets.push(socket.on("error", () => {})));
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const { port } = mute.address() as AddressInfo;
  const limits = { connectTimeoutMs: 30, aliveTimeoutMs: 60 };
  const ollama = createOllama({ address: `http://127.0.0.1:${port}`, limits });
  const failure = failureOf(await read(ollama, request("hi")));
  for (const socket of sockets) socket.destroy();
  mute.close();
  assert.equal(failure?.code, "model.unreachable");
  assert.match(
    failure?.message ?? "",
    /^Cannot reach Ollama at http\S+: it takes connections and answered nothing for 0\.09 s$/,
  );
});

for (const [when, text, words] of [
  ["before the first word", "[[delay:5000]]", 0],
  ["between words", "[[pace:20]]", 2],
] as const) {
  test(`an abort ${when} ends the answer and closes the socket at once`, async () => {
    const { ollama, server } = await start();
    const controller = new AbortController();
    const asked = server.next("/api/chat");
    let abortedAt = 0;
    const abort = () => {
      abortedAt = performance.now();
      controller.abort();
    };
    if (words === 0) void asked.then(abort);
    let seen = 0;
    let code = "";
    for await (const event of ollama.stream(request(text, { signal: controller.signal }))) {
      if (event.type === "text" && ++seen === words) abort();
      if (event.type === "error") code = event.error.code;
    }
    const endedAfter = performance.now() - abortedAt;
    const closedAfter = (await (await asked).givenUp) - abortedAt;
    assert.equal(code, "aborted");
    assert.ok(endedAfter < 200, `the stream ended after ${endedAfter} ms`);
    assert.ok(closedAfter < 200, `the socket closed after ${closedAfter} ms`);
  });
}

test("aborting one answer leaves another of the same provider alone", async () => {
  const { ollama } = await start();
  const controller = new AbortController();
  const other = read(ollama, request("[[tokens:8]] [[pace:10]]"));
  for await (const event of ollama.stream(request("[[pace:10]]", { signal: controller.signal }))) {
    if (event.type === "text") controller.abort();
  }
  assert.equal((await other).last?.type, "done");
});

test("a reader that leaves early closes the socket", async () => {
  const { ollama, server } = await start();
  const asked = server.next("/api/chat");
  for await (const event of ollama.stream(request("[[pace:20]]"))) if (event.type === "text") break;
  assert.ok((await (await asked).givenUp) > 0);
});
