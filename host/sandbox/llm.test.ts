/** A plugin's own `ctx.llm`: isolate, pipe, broker, ledger, and a real provider before a model server's counterpart. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createLog } from "#host/base/log.ts";
import { systemClock } from "#host/base/clock.ts";
import { LLM } from "#host/base/limits.ts";
import { llmWorld, type LlmWorld } from "#host/compose/llm-world.fixture.ts";
import { createModelCalls } from "#host/compose/model-calls.ts";
import { startAnthropicCounterpart } from "#host/llm/anthropic.counterpart.ts";
import { NO_SETTINGS } from "#host/base/session.ts";
import { fixedKey } from "#host/llm/keys.ts";
import { createAnthropic } from "#host/llm/anthropic.ts";
import type { Counterpart } from "#host/llm/counterpart-http.ts";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { createOllama } from "#host/llm/ollama.ts";
import { startOpenAiCounterpart } from "#host/llm/openai.counterpart.ts";
import { createOpenAiCompatible } from "#host/llm/openai-compatible.ts";
import type { ModelProvider } from "#host/llm/provider.ts";
import { createModelSelector } from "#host/llm/selector.ts";
import { callText, createRig, toolPlugin } from "./sandboxes-for-tests.ts";

const log = createLog({ clock: systemClock, level: "error", format: "json", write: () => undefined });
const settings = { primary: null as string | null, providers: [] as ModelProvider[] };
const selector = createModelSelector({ settings: () => settings, clock: systemClock, log });
const models = createModelCalls({
  models: selector,
  choices: { settingsOf: () => NO_SETTINGS },
  clock: systemClock,
});

const KEY = "sk-key";
let ollama: Counterpart;
let made: LlmWorld;
const rig = createRig({ perform: (...effect) => made.world.broker.perform(...effect) });

before(async () => {
  ollama = await startOllamaCounterpart({
    models: [{ name: "fake:latest", capabilities: ["completion", "tools", "vision"] }],
  });
  made = await llmWorld({ models, tokensPerDay: 1_000_000 });
  await useModel(createOllama({ address: ollama.address }));
});
after(async () => {
  await rig.sandboxes.stop();
  await made[Symbol.asyncDispose]();
  await ollama.close();
});

async function useModel(provider: ModelProvider): Promise<void> {
  settings.providers = [provider];
  await selector.refresh();
}

let tools = 0;
/** What a tool answers whose `execute` has this body. */
function run(body: string, signal = new AbortController().signal): Promise<string> {
  const plugin = toolPlugin(`tool${(tools += 1)}`, `async (args, ctx) => { ${body} }`);
  return callText(rig.sandboxes, plugin, { signal });
}

test("an answer comes in pieces and as a whole, with what the service counted", async () => {
  const answer = await run(`
    const answer = ctx.llm.chat([
      { role: "system", content: "Be brief." },
      { role: "user", content: "a" },
      { role: "assistant", content: "b" },
      { role: "user", content: [{ type: "text", text: "[[tokens:3]]" }, { type: "image", data: "aGk=", mimeType: "image/png" }] },
    ], { maxTokens: 100, temperature: 0.5, schema: { type: "object" } });
    const pieces = [];
    for await (const piece of answer) pieces.push(piece);
    return JSON.stringify([pieces, await answer.result(), await answer.text()]);`);
  const usage = { input: 10, output: 3, exact: true };
  assert.deepEqual(JSON.parse(answer), [
    ["tok0", " tok1", " tok2"],
    { text: "tok0 tok1 tok2", stopReason: "stop", usage },
    "tok0 tok1 tok2",
  ]);
  const { body } = ollama.requests.findLast(({ path }) => path === "/api/chat") ?? assert.fail("not asked");
  assert.deepEqual(body.messages, [
    { role: "system", content: "Be brief." },
    { role: "user", content: "a" },
    { role: "assistant", content: "b" },
    { role: "user", content: "[[tokens:3]]", images: ["aGk="] },
  ]);
  assert.deepEqual(body.format, { type: "object" });
  const options = body.options as Record<string, unknown>;
  assert.deepEqual([options.num_predict, options.temperature], [100, 0.5]);
  assert.equal(made.ledger.spentToday(`tool${tools}`), 13);
});

test("every service is told the bound, and what it counts is what counts", async () => {
  const services = [
    [() => startOpenAiCounterpart({ key: KEY }), "/v1", "max_tokens", "lmstudio"],
    [() => startOpenAiCounterpart({ key: KEY }), "/v1", "max_completion_tokens", "openai"],
    [() => startAnthropicCounterpart(KEY), "", "max_tokens", "anthropic"],
  ] as const;
  for (const [start, path, bound, id] of services) {
    const service = await start();
    try {
      const address = `${service.address}${path}`;
      const keys = fixedKey(KEY);
      const provider =
        id === "anthropic"
          ? createAnthropic({ address, keys })
          : createOpenAiCompatible({ id, name: id, address, startFix: "", keys });
      await useModel(provider);
      const answer = await run(`
        const options = { maxTokens: 77, temperature: 1, schema: { type: "object" } };
        const { usage, text } = await ctx.llm.chat("[[tokens:4]]", options).result();
        return JSON.stringify([text, usage.exact, usage.input + usage.output]);`);
      const [text, exact, tokens] = JSON.parse(answer) as [string, boolean, number];
      assert.deepEqual([text, exact], ["tok0 tok1 tok2 tok3", true], id);
      assert.equal(made.ledger.spentToday(`tool${tools}`), tokens);
      const { body } = service.requests.at(-1) ?? assert.fail("not asked");
      assert.deepEqual([body[bound], body.temperature], [77, 1], id);
      assert.match(JSON.stringify(body), /json_schema.*"type":"object"/);
    } finally {
      await service.close();
    }
  }
  await useModel(createOllama({ address: ollama.address }));
});

test("stopping the call, leaving the loop and an own signal reach the model server within 200 ms", async () => {
  const slow = `"[[tokens:500]] [[pace:20]]"`;
  const ways = [
    `for await (const piece of ctx.llm.chat(${slow})) { ctx.update("up"); return "left"; }`,
    `const own = new AbortController(); setTimeout(() => own.abort(), 60);
     return ctx.llm.chat(${slow}, { signal: own.signal }).text().catch((error) => error.name);`,
    `return ctx.llm.chat(${slow}).text();`,
  ];
  for (const [at, body] of ways.entries()) {
    const asked = ollama.next("/api/chat");
    const stop = new AbortController();
    const running = run(body, stop.signal).then(
      (text) => [text, performance.now()] as const,
      (error: Error) => [error.message, performance.now()] as const,
    );
    const request = await asked;
    let since = performance.now();
    if (at === 2) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      since = performance.now();
      stop.abort();
    }
    const [said, ended] = await running;
    if (at < 2) since = ended;
    assert.equal(at === 2 ? "stopped" : said, ["left", "AbortError", "stopped"][at]);
    assert.ok((await request.givenUp) - since < 200, `way ${at}`);
  }
});

test("refusals and failures reach the plugin as code, sentence and fix, without the server's address", async () => {
  const said = `.text().catch((error) => JSON.stringify([error.code, error.message, error.fix]))`;
  assert.deepEqual(JSON.parse(await run(`return ctx.llm.chat("[[error]]")${said}`)), [
    "io",
    "Cannot call the model: the owner's model refused the request",
    "Try again later; the host's log says more",
  ]);
  const [code, message] = JSON.parse(await run(`return ctx.llm.chat("[[tokens:10]] [[die]]")${said}`));
  assert.deepEqual([code, message], ["network", "Cannot call the model: the model's answer broke off"]);
  await using refusing = await llmWorld({ models, rights: { llm: null } });
  const granted = made;
  made = refusing;
  try {
    assert.deepEqual(JSON.parse(await run(`return ctx.llm.chat("hello")${said}`)), [
      "denied",
      `Cannot call the model: it is not declared in the manifest of "tool${tools}", or not granted`,
      'Add "permissions": { "llm": { "maxTokensPerDay": 50000 } } to its openclaw.plugin.json and grant it',
    ]);
    const uncaught = run(`return ctx.llm.chat("hello").text()`);
    await assert.rejects(uncaught, /not declared.*|effect.denied/);
  } finally {
    made = granted;
  }
});

test("what is no message is the author's TypeError, and the isolate goes on", async () => {
  const answer = await run(`
    const said = [];
    const attempt = (...given) => ctx.llm.chat(...given).text().then(() => said.push("asked"), (error) => said.push(error.name + ": " + error.message));
    await attempt([]);
    await attempt([{ role: "tool", content: "x" }]);
    await attempt([{ role: "user", content: [{ type: "image", data: "not base64!", mimeType: "image/png" }] }]);
    await attempt([{ role: "user", content: [{ type: "image", data: "aGk=", mimeType: "image/svg+xml" }] }]);
    await attempt("x", { maxTokens: 0.5 });
    await attempt("x", { temperature: NaN });
    await attempt("x", { schema: [] });
    await attempt("é".repeat(${LLM.maxRequestBytes / 2}));
    await attempt("\\ud800".repeat(${LLM.maxRequestBytes / 6}));
    await attempt("[[tokens:1]]");
    return said.join("\\n");`);
  assert.deepEqual(answer.split("\n"), [
    "TypeError: Cannot call the model: the messages are neither a text nor a list of 1 to 256",
    'TypeError: Cannot call the model: message 1 has the role "tool", which is none of system, user, assistant',
    "TypeError: Cannot call the model: the data of part 1 of message 1 is not base64",
    'TypeError: Cannot call the model: part 1 of message 1 is "image/svg+xml", which is none of image/png, image/jpeg, image/webp, image/gif',
    "RangeError: Cannot call the model: maxTokens is 0.5, not a whole number from 1",
    "RangeError: Cannot call the model: the temperature is NaN, not a number from 0 to 2",
    "TypeError: Cannot call the model: the schema is not a JSON object nested at most 60 deep",
    `RangeError: Cannot call the model: the messages have ${LLM.maxRequestBytes + 61} bytes as JSON, the limit is ${LLM.maxRequestBytes}`,
    `RangeError: Cannot call the model: the messages have ${LLM.maxRequestBytes + 61} bytes as JSON, the limit is ${LLM.maxRequestBytes}`,
    "asked",
  ]);
});

test("an answer is asked for once and only when it is wanted; one that was left has no whole", async () => {
  const before = ollama.requests.length;
  const answer = await run(`
    ctx.llm.chat("nobody wants this");
    const answer = ctx.llm.chat("[[tokens:5]] [[pace:5]]");
    for await (const piece of answer) break;
    return answer.text().catch((error) => error.message);`);
  assert.equal(answer, "Cannot tell the whole answer: it was left before its end");
  assert.equal(ollama.requests.slice(before).filter(({ path }) => path === "/api/chat").length, 1);
});
