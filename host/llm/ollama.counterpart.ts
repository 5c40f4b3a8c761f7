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
  /** `llama`, `gptoss`, …; `fake` if left out. */
  readonly architecture?: string;
  /** More of `model_info`, named without the architecture: `block_count`. */
  readonly info?: Readonly<Record<string, unknown>>;
  /** Lines of its Modelfile: `num_ctx 8192`. */
  readonly parameters?: string;
  /** Bytes. */
  readonly size?: number;
}

/** A model that can be pulled. Whatever is not in this list is not known. */
export interface FakePull {
  readonly name: string;
  /** Bytes of each layer. */
  readonly layers: readonly number[];
  /** Milliseconds between two lines of progress. */
  readonly paceMs?: number;
  /** Stops in the middle: with this error, as a full disk does, or as a connection that is cut. */
  readonly fails?: { readonly error: string } | "cut" | "silence";
}

export interface OllamaCounterpartOptions extends Partial<ScriptDefaults> {
  readonly port?: number;
  readonly models?: readonly FakeModel[];
  readonly pulls?: readonly FakePull[];
  /** Knows neither `truncate` nor `shift`, as servers before 0.12: a prompt that is too long is cut without a word. */
  readonly cutsSilently?: boolean;
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
  const models: FakeModel[] = [...(options.models ?? [{ name: "fake:latest" }])];
  const loaded = new Map<string, Loaded>();
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
    if (path === "/api/ps") return sendJson(response, { models: [...loaded.values()].map(psOf) });
    if (path === "/api/pull")
      return await pull(String(body.model ?? body.name), options.pulls ?? [], models, response);
    if (path !== "/api/show" && path !== "/api/chat") return sendJson(response, { error: "not found" }, 404);
    const model = find(body.model);
    if (model === undefined)
      return sendJson(response, { error: `model '${String(body.model)}' not found` }, 404);
    if (path === "/api/show") return sendJson(response, shown(model));
    const context = contextOf(body);
    loaded.set(model.name, { model, context });
    if (tokensOf(body) > context && body.truncate === false && options.cutsSilently !== true)
      return sendJson(response, { error: "the input length exceeds the context length" }, 400);
    return await chat(model, body, defaults, response);
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
    size: model.size ?? 1,
    details,
  };
}

interface Loaded {
  readonly model: FakeModel;
  readonly context: number;
}

function psOf({ model, context }: Loaded) {
  const { name, digest, size, details } = tagOf(model);
  return {
    name,
    model: name,
    size,
    digest,
    details,
    expires_at: "2026-01-01T00:05:00Z",
    size_vram: 0,
    context_length: context,
  };
}

/** The server's own default where a request names none. */
function contextOf({ options }: Record<string, unknown>): number {
  const { num_ctx: asked } = (options ?? {}) as { num_ctx?: unknown };
  return typeof asked === "number" ? asked : 4_096;
}

/** Four letters a token, as English has it. */
function tokensOf({ messages, tools }: Record<string, unknown>): number {
  return Math.ceil((JSON.stringify(messages ?? []).length + JSON.stringify(tools ?? []).length) / 4);
}

/** https://docs.ollama.com/api/pull: a line of progress each, `success` last. Errors come as a line, too. */
async function pull(
  name: string,
  pulls: readonly FakePull[],
  models: FakeModel[],
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  const line = (value: object) => response.write(`${JSON.stringify(value)}\n`);
  line({ status: "pulling manifest" });
  const found = pulls.find((one) => one.name === name || one.name === `${name}:latest`);
  if (found === undefined) {
    line({ error: "pull model manifest: file does not exist" });
    return void response.end();
  }
  if (!(await sendLayers(found, response, line))) return;
  for (const status of ["verifying sha256 digest", "writing manifest", "success"]) line({ status });
  models.push({ name: found.name });
  response.end();
}

/** True if all layers came. */
async function sendLayers(
  { layers, paceMs = 0, fails }: FakePull,
  response: ServerResponse,
  line: (value: object) => void,
): Promise<boolean> {
  for (const [at, total] of layers.entries()) {
    const digest = `sha256:${String(at).repeat(12)}`;
    for (const part of [0, 0.25, 0.5, 0.75, 1]) {
      if (response.destroyed) return false;
      if (part === 0.75 && at === layers.length - 1 && fails !== undefined) {
        if (fails === "cut") response.destroy();
        if (typeof fails === "object") {
          line({ error: fails.error });
          response.end();
        }
        return false;
      }
      const completed = part === 0 ? {} : { completed: Math.floor(total * part) };
      line({ status: `pulling ${digest.slice(7, 19)}`, digest, total, ...completed });
      if (paceMs > 0) await wait(paceMs);
    }
  }
  return true;
}

function shown(model: FakeModel) {
  const architecture = model.architecture ?? "fake";
  const info = Object.entries({ context_length: model.contextLength ?? 131_072, ...model.info });
  return {
    ...(model.parameters === undefined ? {} : { parameters: model.parameters }),
    model_info: {
      "general.architecture": architecture,
      ...Object.fromEntries(info.map(([key, value]) => [`${architecture}.${key}`, value])),
    },
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
