/**
 * A server that speaks Ollama's API with scripted answers, for tests, measurements and the browser test.
 *
 *     bun host/llm/ollama.counterpart.ts [--port 11434] [--tokens 16] [--delay-ms 0] [--model fake:latest]
 *
 * The markers stand in counterpart-script.ts. Started as a program it prints its address as one line;
 * `/__count` tells how many requests it had.
 */
import type { ServerResponse } from "node:http";
import {
  playWords,
  sendJson,
  serveCounterpart,
  wait,
  type Counterpart,
  type RecordedRequest,
} from "./counterpart-http.ts";
import { planAnswer, type ScriptDefaults, type WireMessage } from "./counterpart-script.ts";

export interface FakeModel {
  readonly name: string;
  readonly capabilities?: readonly string[];
  readonly contextLength?: number;
  /** ISO date. */
  readonly modifiedAt?: string;
  /** Says that it can tools, and refuses them all the same, as some templates do. */
  readonly refusesTools?: boolean;
}

export interface OllamaCounterpartOptions extends Partial<ScriptDefaults> {
  readonly port?: number;
  readonly models?: readonly FakeModel[];
  /** False for measurements: requests are not kept. */
  readonly keepRecord?: boolean;
}

const STATS = {
  total_duration: 1_000_000,
  load_duration: 0,
  prompt_eval_count: 10,
  prompt_eval_duration: 1_000,
};
const CREATED_AT = "2026-01-01T00:00:00Z";

export function startOllamaCounterpart(options: OllamaCounterpartOptions = {}): Promise<Counterpart> {
  const models = options.models ?? [{ name: "fake:latest" }];
  const defaults: ScriptDefaults = { tokens: options.tokens ?? 16, delayMs: options.delayMs ?? 0 };
  const find = (name: unknown) =>
    models.find((model) => model.name === name || model.name === `${String(name)}:latest`);

  let requestCount = 0;
  const answer = async (request: RecordedRequest, response: ServerResponse) => {
    const { path, body } = request;
    if (path === "/__count") return sendJson(response, { requestCount });
    requestCount++;
    if (path === "/") return void response.end("Ollama is running");
    if (path === "/api/version") return sendJson(response, { version: "0.33.3" });
    if (path === "/api/tags") return sendJson(response, { models: models.map(tagOf) });
    if (path !== "/api/show" && path !== "/api/chat") return sendJson(response, { error: "not found" }, 404);
    const model = find(body.model);
    if (model === undefined)
      return sendJson(response, { error: `model '${String(body.model)}' not found` }, 404);
    return path === "/api/show"
      ? sendJson(response, shown(model))
      : await chat(model, body, defaults, response);
  };
  return serveCounterpart(answer, options.port, options.keepRecord ?? true);
}

function tagOf(model: FakeModel) {
  const details = { format: "gguf", family: "fake", families: ["fake"], parameter_size: "1B" };
  const digest = `sha256:${model.name}`;
  return {
    name: model.name,
    model: model.name,
    modified_at: model.modifiedAt ?? CREATED_AT,
    digest,
    size: 1,
    details,
  };
}

function shown(model: FakeModel) {
  return {
    model_info: { "general.architecture": "fake", "fake.context_length": model.contextLength ?? 131_072 },
    capabilities: model.capabilities ?? ["completion", "tools"],
  };
}

async function chat(
  model: FakeModel,
  body: Record<string, unknown>,
  defaults: ScriptDefaults,
  response: ServerResponse,
): Promise<void> {
  const canTools = model.refusesTools !== true && (model.capabilities ?? ["tools"]).includes("tools");
  if (!canTools && Array.isArray(body.tools) && body.tools.length > 0) {
    return sendJson(
      response,
      { error: `registry.ollama.ai/library/${model.name} does not support tools` },
      400,
    );
  }
  const script = planAnswer((body.messages ?? []) as WireMessage[], defaults);
  if (script.delayMs > 0) await wait(script.delayMs);
  if (script.failsBy === "error") return sendJson(response, { error: "asked to fail by the message" }, 500);
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  const line = (message: object, rest: object = { done: false }) =>
    response.write(
      `${JSON.stringify({ model: model.name, created_at: CREATED_AT, message: { role: "assistant", content: "", ...message }, ...rest })}\n`,
    );
  for (const thinking of script.thinking) line({ thinking });
  for (const call of script.calls) line({ tool_calls: [{ function: call }] });
  if (!(await playWords(script, response, (content) => line({ content })))) return;
  const count = Math.max(1, script.words.length);
  line({}, { done: true, done_reason: script.stopsBy, ...STATS, eval_count: count, eval_duration: 1_000 });
  response.end();
}

if (import.meta.main) {
  const { parseArgs } = await import("node:util");
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "11434" },
      tokens: { type: "string", default: "16" },
      "delay-ms": { type: "string", default: "0" },
      model: { type: "string", default: "fake:latest" },
    },
  });
  const started = await startOllamaCounterpart({
    port: Number(values.port),
    tokens: Number(values.tokens),
    delayMs: Number(values["delay-ms"]),
    models: [{ name: values.model }],
    keepRecord: false,
  });
  process.stdout.write(`${started.address}\n`);
}
