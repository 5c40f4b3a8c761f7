/** The model server as it comes, fails and goes: what the user is told, and what never happens silently. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { connect, type Client, type GatewayProcess } from "../gateway-process.ts";
import { eventually, readyz, World } from "./processes.fixture.ts";

const TOLD_MS = 2_000;
const world = new World();
let model: Awaited<ReturnType<typeof startOllamaCounterpart>>;
let gateway: GatewayProcess;
let client: Client;

before(async () => {
  model = await startOllamaCounterpart();
  gateway = await world.gateway({ OLLAMA_HOST: model.address });
  client = await connect(gateway);
});
beforeEach(() => void (client.events.length = 0));
after(async () => {
  client.close();
  await world.close();
  await model.close();
});

const modelPort = () => Number(new URL(model.address).port);
const textOf = (payload: Record<string, unknown>) => JSON.stringify(payload.message ?? null);

/** The turn's end and how long it took. */
async function timed(message: string): Promise<{ end: Record<string, unknown>; ms: number }> {
  const started = performance.now();
  const end = await client.chat(message);
  return { end, ms: performance.now() - started };
}

async function configure(config: unknown): Promise<void> {
  await writeFile(join(gateway.stateDir, "openclaw.json"), JSON.stringify(config));
}

test("an answer is streamed while the model writes it", async () => {
  const { end } = await timed("count [[tokens:30]] [[pace:20]]");
  const deltas = client.events.filter(({ event, payload }) => event === "chat" && payload.state === "delta");
  assert.ok(deltas.length > 5, `${deltas.length} deltas`);
  assert.equal(end.state, "final");
  assert.match(textOf(end), /tok0 tok1.* tok29/);
});

test("an answer that is stopped ends at once, reaches the model server, and keeps what was said", async () => {
  const asked = model.next("/api/chat");
  const runId = crypto.randomUUID();
  const sessionKey = "agent:main:stopped";
  await client.request("chat.send", {
    sessionKey,
    message: "count [[tokens:500]] [[pace:20]]",
    idempotencyKey: runId,
  });
  await client.until((event, { deltaText }) => event === "chat" && String(deltaText).includes("tok3"));
  await client.request("chat.abort", { sessionKey, runId });
  await client.until((event, { state }) => event === "chat" && state === "aborted", TOLD_MS);
  await (
    await asked
  ).givenUp;
  assert.match(JSON.stringify(await client.request("chat.history", { sessionKey })), /tok0 tok1/);
});

test("a server that answers 500 is told within two seconds, with its own words", async () => {
  const { end, ms } = await timed("fail [[error]]");
  assert.equal(end.state, "error");
  assert.match(String(end.errorMessage), /500.*asked to fail by the message.*\. Look at/);
  assert.ok(ms < TOLD_MS, `${ms} ms`);
  assert.equal((await timed("and now? [[tokens:2]]")).end.state, "final");
});

test("a server that dies in mid-answer is told, and the part that came is kept", async () => {
  const { end, ms } = await timed("half [[tokens:20]] [[die]]");
  assert.equal(end.state, "error");
  assert.match(String(end.errorMessage), /Ollama at http.*in the middle.*\. [A-Z]/);
  assert.ok(ms < TOLD_MS, `${ms} ms`);
  const history = await client.request("chat.history", { sessionKey: "agent:main:main" });
  assert.match(JSON.stringify(history), /tok8 tok9/);
});

test("a server that goes down is named with what to do, and answers again when it is back", async () => {
  const port = modelPort();
  await model.close();
  const { end, ms } = await timed("anybody there?");
  assert.equal(end.state, "error");
  assert.match(String(end.errorMessage), new RegExp(`127\\.0\\.0\\.1:${port}.*\\. [A-Z]`));
  assert.ok(ms < TOLD_MS, `${ms} ms`);
  model = await startOllamaCounterpart({ port });
  const back = await eventually(
    () => client.chat("and now? [[tokens:2]]"),
    ({ state }) => state === "final",
  );
  assert.match(textOf(back), /tok0 tok1/);
});

test("a configured model that is not installed is told with the command that installs it", async () => {
  await configure({ agents: { defaults: { model: { primary: "ollama/absent" } } } });
  const { model: chosen } = await eventually(
    () => readyz(gateway),
    (answer) => answer.model.model === "absent",
  );
  assert.match(chosen.problem ?? "", /not installed.*openclaw models pull absent/);
  const { end, ms } = await timed("hello");
  assert.equal(end.state, "error");
  assert.match(String(end.errorMessage), /absent.*openclaw models pull absent/);
  assert.ok(ms < TOLD_MS);
});

test("a configured model whose server is down is never replaced", async () => {
  await configure({
    agents: { defaults: { model: { primary: "lmstudio/mine" } } },
    models: { providers: { lmstudio: { baseUrl: "http://127.0.0.1:9/v1" } } },
  });
  await eventually(
    () => readyz(gateway),
    (answer) => answer.model.model === "mine",
  );
  const { end } = await timed("hello");
  assert.equal(end.state, "error");
  assert.match(String(end.errorMessage), /127\.0\.0\.1:9/);
  assert.equal((await readyz(gateway)).model.provider, "lmstudio");
});
