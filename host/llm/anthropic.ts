/**
 * Anthropic's Messages API, streamed. https://docs.anthropic.com/en/api/messages-streaming
 *
 * An answer counts as complete only with `message_stop`. The key goes into one header of one host and
 * into no error.
 */
import { asHostError, HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject } from "#host/base/json.ts";
import { MODEL } from "#host/base/limits.ts";
import { toAnthropicMessages, toAnthropicTools } from "./anthropic-messages.ts";
import { createAnswers } from "./answer.ts";
import { asUnreachable, openExchange, type ModelServer } from "./exchange.ts";
import { withKeys, type KeyRing } from "./keys.ts";
import type { ModelEvent, ModelInfo, ModelProvider, ModelRequest } from "./provider.ts";
import { errorText } from "./refusal.ts";
import { readJsonEvents } from "./sse.ts";
import { createToolCallPieces } from "./tool-call-pieces.ts";

export interface AnthropicOptions {
  readonly keys: KeyRing;
  readonly id?: string;
  /** Base URL without the version: `https://api.anthropic.com`. */
  readonly address?: string;
  readonly fetch?: ModelServer["fetch"];
  readonly limits?: ModelServer["limits"];
}

const VERSION = "2023-06-01";

export function createAnthropic(options: AnthropicOptions): ModelProvider {
  const address = (options.address ?? "https://api.anthropic.com").replace(/\/+$/, "");
  const server: ModelServer = {
    label: `Anthropic at ${address}`,
    aliveUrl: `${address}/v1/models`,
    startFix: "Check the network of this machine",
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  };
  const headers = (secret: string) => ({
    "content-type": "application/json",
    "x-api-key": secret,
    "anthropic-version": VERSION,
  });
  const listWith = async (secret: string, signal: AbortSignal): Promise<ModelInfo[]> => {
    const exchange = openExchange(server, signal);
    exchange.hide(secret);
    try {
      const response = await exchange.send(`${address}/v1/models?limit=100`, { headers: headers(secret) });
      return parseModels(await response.json());
    } catch (thrown) {
      throw exchange.explain(thrown);
    } finally {
      exchange.close();
    }
  };
  return {
    id: options.id ?? "anthropic",
    api: "anthropic-messages",
    address,
    async listModels(signal) {
      try {
        return await withKeys(options.keys, (secret) => listWith(secret, signal));
      } catch (thrown) {
        throw asUnreachable(asHostError(thrown));
      }
    },
    stream: createAnswers({
      server,
      keys: options.keys,
      async *read(exchange, request, secret) {
        const response = await exchange.send(`${address}/v1/messages`, {
          method: "POST",
          headers: headers(secret),
          body: JSON.stringify(toBody(request)),
        });
        if (response.body === null) throw new Error("the answer has no body");
        yield* readAnswer(readJsonEvents(response.body, server.label), server.label);
      },
    }),
  };
}

function toBody(request: ModelRequest): object {
  const { maxTokens = MODEL.maxAnswerTokens, temperature, schema } = request;
  return {
    model: request.model,
    max_tokens: maxTokens,
    stream: true,
    messages: toAnthropicMessages(request.messages),
    ...(request.system === "" ? {} : { system: request.system }),
    ...(request.tools.length === 0 ? {} : { tools: toAnthropicTools(request.tools) }),
    // Its scale ends at 1 where the others' ends at 2.
    ...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }),
    ...(schema === undefined ? {} : { output_config: { format: { type: "json_schema", schema } } }),
  };
}

async function* readAnswer(events: AsyncIterable<JsonObject>, label: string): AsyncGenerator<ModelEvent> {
  const calls = createToolCallPieces();
  let input = 0;
  let output = 0;
  let stopped = "";
  for await (const event of events) {
    const index = typeof event.index === "number" ? event.index : 0;
    switch (event.type) {
      case "message_start":
        input = tokens(isJsonObject(event.message) ? event.message.usage : null, "input_tokens");
        break;
      case "content_block_start":
        startCall(calls, index, event.content_block);
        break;
      case "content_block_delta":
        yield* readDelta(calls, index, isJsonObject(event.delta) ? event.delta : {});
        break;
      case "message_delta":
        output = tokens(event.usage, "output_tokens");
        if (isJsonObject(event.delta) && typeof event.delta.stop_reason === "string")
          stopped = event.delta.stop_reason;
        break;
      case "error":
        throw new HostError(
          "model.refused",
          `${label} failed in the middle of its answer: ${errorText(JSON.stringify(event))}`,
        );
      case "message_stop": {
        const called = calls.finish();
        yield* called;
        const stopReason = called.length > 0 ? "toolUse" : stopped === "max_tokens" ? "length" : "stop";
        yield { type: "done", stopReason, usage: { input, output, totalTokens: input + output } };
        return;
      }
    }
  }
  throw new Error("the stream ended without message_stop");
}

type Pieces = ReturnType<typeof createToolCallPieces>;

function startCall(calls: Pieces, index: number, block: unknown): void {
  if (!isJsonObject(block) || block.type !== "tool_use") return;
  calls.add(index, { id: String(block.id ?? ""), name: String(block.name ?? "") });
}

function* readDelta(calls: Pieces, index: number, delta: JsonObject): Generator<ModelEvent> {
  if (typeof delta.text === "string") yield { type: "text", delta: delta.text };
  if (typeof delta.thinking === "string") yield { type: "thinking", delta: delta.thinking };
  if (typeof delta.partial_json === "string") calls.add(index, { json: delta.partial_json });
}

function tokens(usage: unknown, name: string): number {
  const count = isJsonObject(usage) ? usage[name] : undefined;
  return typeof count === "number" ? count : 0;
}

/** Newest first, as the service lists them. All of them take tools and images. */
function parseModels(body: unknown): ModelInfo[] {
  const entries = isJsonObject(body) && Array.isArray(body.data) ? body.data : [];
  return entries.flatMap((entry) => {
    if (!isJsonObject(entry) || typeof entry.id !== "string") return [];
    const name = typeof entry.display_name === "string" ? entry.display_name : entry.id;
    return [
      {
        id: entry.id,
        name,
        contextWindow: 200_000,
        supportsTools: true,
        supportsImages: true,
        reasoning: false,
      },
    ];
  });
}
