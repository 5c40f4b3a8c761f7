/**
 * Chat completions over server-sent events: OpenAI, LM Studio, and whatever else speaks their words.
 *
 * An answer counts as complete only with a `finish_reason`; a stream that ends without one was cut.
 * https://platform.openai.com/docs/api-reference/chat/streaming
 */
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import { NO_USAGE, type Usage } from "#host/base/message.ts";
import { createAnswers } from "./answer.ts";
import { createOpenAiAccess, type OpenAiOptions } from "./openai-access.ts";
import { toOpenAiMessages, toOpenAiTools } from "./openai-messages.ts";
import { openAiEffort } from "./openai-reasoning.ts";
import type { ModelEvent, ModelProvider, ModelRequest } from "./provider.ts";
import { errorText } from "./refusal.ts";
import { readJsonEvents } from "./sse.ts";
import { createToolCallPieces } from "./tool-call-pieces.ts";

export function createOpenAiCompatible(options: OpenAiOptions): ModelProvider {
  const { address, server, headers, listModels } = createOpenAiAccess(options);
  return {
    id: options.id,
    api: "openai-completions",
    address,
    listModels,
    stream: createAnswers({
      server,
      keys: options.keys,
      async *read(exchange, request, secret) {
        const response = await exchange.send(`${address}/chat/completions`, {
          method: "POST",
          headers: headers(secret),
          body: JSON.stringify(toBody(request, options.id)),
        });
        if (response.body === null) throw new Error("the answer has no body");
        yield* readAnswer(readJsonEvents(response.body, server.label), server.label);
      },
    }),
  };
}

function toBody(request: ModelRequest, provider: string): object {
  const { maxTokens, temperature, schema } = request;
  const effort = openAiEffort(request.model, request.thinking);
  // OpenAI's newer models refuse the old name, others' servers do not know the new one.
  const bound = provider === "openai" ? "max_completion_tokens" : "max_tokens";
  return {
    model: request.model,
    messages: toOpenAiMessages(request.system, request.messages),
    stream: true,
    stream_options: { include_usage: true },
    ...(request.tools.length === 0 ? {} : { tools: toOpenAiTools(request.tools) }),
    ...(maxTokens === undefined ? {} : { [bound]: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(effort === null ? {} : { reasoning_effort: effort }),
    ...(schema === undefined
      ? {}
      : { response_format: { type: "json_schema", json_schema: { name: "answer", schema } } }),
  };
}

async function* readAnswer(events: AsyncIterable<JsonObject>, label: string): AsyncGenerator<ModelEvent> {
  const calls = createToolCallPieces();
  let finished: string | null = null;
  let usage = NO_USAGE;
  for await (const event of events) {
    if (event.error !== undefined) {
      throw new HostError(
        "model.refused",
        `${label} failed in the middle of its answer: ${errorText(JSON.stringify(event))}`,
      );
    }
    if (isJsonObject(event.usage)) usage = parseUsage(event.usage);
    const choice = Array.isArray(event.choices) ? event.choices[0] : undefined;
    if (!isJsonObject(choice)) continue;
    if (typeof choice.finish_reason === "string") finished = choice.finish_reason;
    if (!isJsonObject(choice.delta)) continue;
    yield* readDelta(choice.delta);
    for (const piece of Array.isArray(choice.delta.tool_calls) ? choice.delta.tool_calls : []) {
      addPiece(calls, piece);
    }
  }
  if (finished === null) throw new Error("the stream ended without a finish_reason");
  const called = calls.finish();
  yield* called;
  const stopReason = called.length > 0 ? "toolUse" : finished === "length" ? "length" : "stop";
  yield { type: "done", stopReason, usage };
}

/** `reasoning_content` is DeepSeek's and LM Studio's name for thinking, `reasoning` that of vLLM and OpenRouter. */
function* readDelta(delta: JsonObject): Generator<ModelEvent> {
  const thinking = delta.reasoning_content ?? delta.reasoning;
  if (typeof thinking === "string" && thinking !== "") yield { type: "thinking", delta: thinking };
  if (typeof delta.content === "string" && delta.content !== "") yield { type: "text", delta: delta.content };
}

function addPiece(calls: ReturnType<typeof createToolCallPieces>, piece: JsonValue): void {
  if (!isJsonObject(piece)) return;
  const called = isJsonObject(piece.function) ? piece.function : {};
  calls.add(typeof piece.index === "number" ? piece.index : 0, {
    ...(typeof piece.id === "string" ? { id: piece.id } : {}),
    ...(typeof called.name === "string" ? { name: called.name } : {}),
    ...(typeof called.arguments === "string" ? { json: called.arguments } : {}),
  });
}

function parseUsage(usage: JsonObject): Usage {
  const input = typeof usage.prompt_tokens === "number" ? usage.prompt_tokens : 0;
  const output = typeof usage.completion_tokens === "number" ? usage.completion_tokens : 0;
  return { input, output, totalTokens: input + output };
}
