/**
 * Ollama, by its native API: streamed answers with thinking, tools and images.
 *
 * Each request has a client of its own, because the package's `abort` ends all requests of a client.
 * A model that takes no tools still chats: they are left out when its capabilities say so, and when the
 * server refuses them once. Guarantees that no prompt is cut without a word: `num_ctx` is sent with every call and is
 * large enough, and what cannot fit is refused. https://docs.ollama.com/api/chat
 */
import { HostError } from "#host/base/errors.ts";
import { isJsonObject } from "#host/base/json.ts";
import { MODEL } from "#host/base/limits.ts";
import type { Usage } from "#host/base/message.ts";
import { nearestLevel } from "#host/base/thinking.ts";
import { Ollama, type ChatRequest, type ChatResponse, type ModelResponse } from "ollama/browser";
import { createAnswers } from "./answer.ts";
import { sizeFor, type ContextSize } from "./context-size.ts";
import { asUnreachable, openExchange, type Exchange, type ModelServer } from "./exchange.ts";
import { createNdjsonCheck } from "./ndjson.ts";
import { createOllamaModels, type OllamaModel } from "./ollama-models.ts";
import { fromOllamaCall, toOllamaMessages, toOllamaTools } from "./ollama-messages.ts";
import { promptSize } from "./prompt-size.ts";
import type { LoadedModel, ModelEvent, ModelInfo, ModelProvider, ModelRequest } from "./provider.ts";

export interface OllamaOptions {
  /** Base URL without a path: `http://127.0.0.1:11434`. */
  readonly address: string;
  readonly id?: string;
  /** Of the machine that the server runs on; null, and so if left out, where that is another one. */
  readonly memoryBytes?: number | null;
  /** What the owner said of a model. */
  readonly settings?: (model: string) => OllamaSettings;
  readonly fetch?: ModelServer["fetch"];
  readonly limits?: ModelServer["limits"];
}

export interface OllamaSettings {
  /** Tokens of context; null to choose by the card and the memory. */
  readonly contextTokens: number | null;
  /** How long the model stays loaded after a call, in Ollama's words (`30m`, -1); null for the server's own way. */
  readonly keepAlive: string | number | null;
}

const NO_SETTINGS: OllamaSettings = { contextTokens: null, keepAlive: null };

/** `truncate` and `shift`: no prompt and no answer is cut without a word. Servers that do not know them leave them be. */
interface ExactChatRequest extends ChatRequest {
  readonly truncate: false;
  readonly shift: false;
}

export function createOllama(options: OllamaOptions): ModelProvider {
  const server = ollamaServer(options);
  const address = options.address.replace(/\/+$/, "");
  const settingsOf = options.settings ?? (() => NO_SETTINGS);
  const models = createOllamaModels({
    memoryBytes: options.memoryBytes ?? null,
    configuredContext: (model) => settingsOf(model).contextTokens,
  });
  const client = (exchange: Exchange) => ollamaClient(exchange, address);
  const asking = async <Answer>(
    signal: AbortSignal,
    ask: (asked: Ollama) => Promise<Answer>,
  ): Promise<Answer> => {
    const exchange = openExchange(server, signal);
    try {
      return await ask(client(exchange));
    } catch (thrown) {
      throw asUnreachable(exchange.explain(thrown));
    } finally {
      exchange.close();
    }
  };
  /** Null for a model whose card the server does not tell: it may answer all the same. */
  const describe = async ({ model, signal }: ModelRequest): Promise<OllamaModel | null> => {
    const exchange = openExchange(server, signal);
    try {
      return await models.describe(client(exchange), model);
    } catch (thrown) {
      const error = exchange.explain(thrown);
      if (error.code === "model.refused" || error.code === "model.broken") return null;
      throw error;
    } finally {
      exchange.close();
    }
  };

  return {
    id: options.id ?? "ollama",
    api: "ollama",
    address,
    listModels: (signal) => asking(signal, models.list),
    listLoaded: (signal) => asking(signal, async (asked) => (await asked.ps()).models.map(toLoaded)),
    stream: createAnswers({
      server,
      keys: null,
      check: () => createNdjsonCheck(server.label),
      async *read(exchange, request) {
        const known = await describe(request);
        const { keepAlive } = settingsOf(request.model);
        const fitting = known?.info.supportsTools === false ? { ...request, tools: [] } : request;
        const body = toChatRequest(fitting, known, keepAlive);
        yield* readAnswer(await client(exchange).chat({ ...body, stream: true }));
      },
      explain: (error, request) => explainOllama(error, request.model, address),
    }),
  };
}

function toLoaded(model: ModelResponse): LoadedModel {
  // Newer servers tell it, the package's types do not yet.
  const { context_length: context } = model as { context_length?: unknown };
  return {
    id: model.name,
    bytes: model.size,
    gpuBytes: model.size_vram,
    contextTokens: typeof context === "number" ? context : null,
    until: Date.parse(String(model.expires_at)) || null,
  };
}

export function ollamaServer(options: Pick<OllamaOptions, "address" | "fetch" | "limits">): ModelServer {
  const address = options.address.replace(/\/+$/, "");
  return {
    label: `Ollama at ${address}`,
    aliveUrl: `${address}/api/version`,
    startFix: "Start it with: ollama serve",
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  };
}

/** One for each exchange: the package's `abort` ends all requests of a client. */
export function ollamaClient(exchange: Exchange, host: string): Ollama {
  const send = (url: string, init: RequestInit) => exchange.send(url, init);
  return new Ollama({ host, fetch: send as typeof fetch });
}

const UNKNOWN_SIZE: ContextSize = { usual: MODEL.contextTokens, most: MODEL.contextTokens };

function toChatRequest(
  request: ModelRequest,
  known: OllamaModel | null,
  keepAlive: OllamaSettings["keepAlive"],
): ExactChatRequest {
  const { maxTokens, temperature, schema } = request;
  return {
    model: request.model,
    messages: toOllamaMessages(request.system, request.messages, known?.info.supportsImages ?? true),
    ...(request.tools.length === 0 ? {} : { tools: toOllamaTools(request.tools) }),
    ...(schema === undefined ? {} : { format: schema }),
    ...think(request, known?.info),
    ...(keepAlive === null ? {} : { keep_alive: keepAlive }),
    truncate: false,
    shift: false,
    options: {
      num_ctx: contextFor(request, known?.size ?? UNKNOWN_SIZE),
      ...(maxTokens === undefined ? {} : { num_predict: maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
    },
  };
}

/** Throws `model.refused` for what surely cannot fit: an older server would cut it without a word. */
function contextFor(request: ModelRequest, size: ContextSize): number {
  const { likely, least } = promptSize(request);
  if (least > size.most) throw tooLong(request.model, least, size.most);
  return sizeFor(likely + (request.maxTokens ?? MODEL.answerRoomTokens), size);
}

function tooLong(model: string, least: number, most: number): HostError {
  return new HostError(
    "model.refused",
    `Cannot ask "${model}": the conversation is at least ${least} tokens long, and it takes ${most} here`,
    { fix: CONTEXT_FIX },
  );
}

const CONTEXT_FIX =
  "Start a new conversation (/new), choose a model with a longer context, or set contextTokens for it under models.providers";

/** Levels only where the model has them; yes or no for the others that think; nothing for one that does not. */
function think({ thinking }: ModelRequest, info: ModelInfo | undefined): Pick<ChatRequest, "think"> {
  const levels = info?.thinkingLevels ?? [];
  const level = thinking === undefined ? null : nearestLevel(thinking, levels);
  if (level === null) return {};
  if (levels.includes("off")) return { think: level !== "off" };
  return level === "low" || level === "medium" || level === "high" ? { think: level } : {};
}

async function* readAnswer(chunks: AsyncIterable<ChatResponse>): AsyncGenerator<ModelEvent> {
  let called = false;
  for await (const chunk of chunks) {
    const message: unknown = chunk.message;
    if (isJsonObject(message)) {
      if (typeof message.thinking === "string" && message.thinking !== "") {
        yield { type: "thinking", delta: message.thinking };
      }
      if (typeof message.content === "string" && message.content !== "") {
        yield { type: "text", delta: message.content };
      }
      for (const entry of Array.isArray(message.tool_calls) ? message.tool_calls : []) {
        called = true;
        yield fromOllamaCall(entry);
      }
    }
    if (!chunk.done) continue;
    const stopReason = called ? "toolUse" : chunk.done_reason === "length" ? "length" : "stop";
    yield { type: "done", stopReason, usage: usageOf(chunk) };
    return;
  }
}

function usageOf(chunk: ChatResponse): Usage {
  const input = chunk.prompt_eval_count ?? 0;
  const output = chunk.eval_count ?? 0;
  return { input, output, totalTokens: input + output };
}

function explainOllama(error: HostError, model: string, address: string): HostError {
  if (error.code === "model.refused" && /context (length|size|window)|prompt too long/i.test(error.message)) {
    return new HostError("model.refused", error.message, { fix: CONTEXT_FIX, cause: error });
  }
  if (error.code !== "model.missing") return error;
  return new HostError(
    "model.missing",
    `Cannot use model "${model}" of Ollama at ${address}: not installed`,
    { fix: `Run: openclaw models pull ${model}`, cause: error },
  );
}
