/**
 * Ollama, by its native API: streamed answers with thinking, tools and images.
 *
 * Each request has a client of its own, because the package's `abort` ends all requests of a client.
 * A model that takes no tools still chats: they are left out when its capabilities say so, and when the
 * server refuses them once. https://docs.ollama.com/api/chat
 */
import { HostError } from "#host/base/errors.ts";
import { isJsonObject } from "#host/base/json.ts";
import { MODEL } from "#host/base/limits.ts";
import type { Usage } from "#host/base/message.ts";
import { Ollama, type ChatRequest, type ChatResponse } from "ollama/browser";
import { createAnswers } from "./answer.ts";
import { asUnreachable, openExchange, type Exchange, type ModelServer } from "./exchange.ts";
import { createNdjsonCheck } from "./ndjson.ts";
import { createOllamaModels } from "./ollama-models.ts";
import { fromOllamaCall, toOllamaMessages, toOllamaTools } from "./ollama-messages.ts";
import type { ModelEvent, ModelProvider, ModelRequest } from "./provider.ts";

export interface OllamaOptions {
  /** Base URL without a path: `http://127.0.0.1:11434`. */
  readonly address: string;
  readonly id?: string;
  readonly fetch?: ModelServer["fetch"];
  readonly limits?: ModelServer["limits"];
}

export function createOllama(options: OllamaOptions): ModelProvider {
  const { address } = { address: options.address.replace(/\/+$/, "") };
  const server: ModelServer = {
    label: `Ollama at ${address}`,
    aliveUrl: `${address}/api/version`,
    startFix: "Start it with: ollama serve",
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  };
  const models = createOllamaModels();
  const client = (exchange: Exchange) =>
    new Ollama({
      host: address,
      fetch: ((url: string, init: RequestInit) => exchange.send(url, init)) as typeof fetch,
    });

  return {
    id: options.id ?? "ollama",
    api: "ollama",
    address,
    async listModels(signal) {
      const exchange = openExchange(server, signal);
      try {
        return await models.list(client(exchange));
      } catch (thrown) {
        throw asUnreachable(exchange.explain(thrown));
      } finally {
        exchange.close();
      }
    },
    stream: createAnswers({
      server,
      check: () => createNdjsonCheck(server.label),
      async *read(exchange, request) {
        const known = models.known(request.model);
        const tools = known?.supportsTools === false ? [] : request.tools;
        const body = toChatRequest({ ...request, tools }, known?.contextWindow ?? null);
        yield* readAnswer(await client(exchange).chat({ ...body, stream: true }));
      },
      explain: (error, request) => withPullFix(error, request.model, address),
    }),
  };
}

function toChatRequest(request: ModelRequest, contextWindow: number | null): ChatRequest {
  const { maxTokens, temperature, schema } = request;
  return {
    model: request.model,
    messages: toOllamaMessages(request.system, request.messages),
    ...(request.tools.length === 0 ? {} : { tools: toOllamaTools(request.tools) }),
    ...(schema === undefined ? {} : { format: schema }),
    options: {
      num_ctx: Math.min(contextWindow ?? MODEL.contextTokens, MODEL.contextTokens),
      ...(maxTokens === undefined ? {} : { num_predict: maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
    },
  };
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

function withPullFix(error: HostError, model: string, address: string): HostError {
  if (error.code !== "model.missing") return error;
  return new HostError(
    "model.missing",
    `Cannot use model "${model}" of Ollama at ${address}: not installed`,
    {
      fix: `Run: ollama pull ${model}`,
      cause: error,
    },
  );
}
