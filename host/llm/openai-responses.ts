/**
 * OpenAI's Responses API over server-sent events: text, reasoning, tools, images, usage.
 *
 * An answer counts as complete only with `response.completed` or `response.incomplete`; a stream that ends without one
 * was cut. Nothing is stored with the service (`store: false`): the conversation is sent whole each time.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import { NO_USAGE, type Usage } from "#host/base/message.ts";
import { createAnswers } from "./answer.ts";
import { createOpenAiAccess, type OpenAiOptions } from "./openai-access.ts";
import { openAiEffort } from "./openai-reasoning.ts";
import { toResponsesInput, toResponsesTools } from "./openai-responses-messages.ts";
import type { ModelEvent, ModelProvider, ModelRequest } from "./provider.ts";
import { errorText } from "./refusal.ts";
import { readJsonEvents } from "./sse.ts";
import { createToolCallPieces } from "./tool-call-pieces.ts";

export function createOpenAiResponses(options: OpenAiOptions): ModelProvider {
  const { address, server, headers, listModels } = createOpenAiAccess(options);
  return {
    id: options.id,
    api: "openai-responses",
    address,
    listModels,
    stream: createAnswers({
      server,
      keys: options.keys,
      async *read(exchange, request, secret) {
        const response = await exchange.send(`${address}/responses`, {
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
  const { model, system, messages, tools, maxTokens, temperature, thinking, schema } = request;
  const effort = openAiEffort(model, thinking);
  return {
    model,
    ...(system === "" ? {} : { instructions: system }),
    input: toResponsesInput(messages),
    stream: true,
    store: false,
    ...(tools.length === 0 ? {} : { tools: toResponsesTools(tools) }),
    ...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(effort === null ? {} : { reasoning: effort === "none" ? { effort } : { effort, summary: "auto" } }),
    ...(schema === undefined ? {} : { text: { format: { type: "json_schema", name: "answer", schema } } }),
  };
}

async function* readAnswer(events: AsyncIterable<JsonObject>, label: string): AsyncGenerator<ModelEvent> {
  const calls = createToolCallPieces();
  /** Items whose arguments came in pieces: their end repeats them. */
  const pieced = new Set<number>();
  for await (const event of events) {
    const index = typeof event.output_index === "number" ? event.output_index : 0;
    const delta = typeof event.delta === "string" ? event.delta : "";
    switch (event.type) {
      case "response.output_text.delta":
      case "response.refusal.delta":
        if (delta !== "") yield { type: "text", delta };
        break;
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        if (delta !== "") yield { type: "thinking", delta };
        break;
      case "response.output_item.added":
      case "response.output_item.done":
        addCall(calls, index, event.item, event.type.endsWith("done") && !pieced.has(index));
        break;
      case "response.function_call_arguments.delta":
        pieced.add(index);
        calls.add(index, { json: delta });
        break;
      case "response.completed":
      case "response.incomplete":
        return yield* ended(calls.finish(), event.response);
      case "response.failed":
      case "error":
        throw failed(label, event);
    }
  }
  throw new Error("the stream ended without response.completed");
}

function addCall(
  calls: ReturnType<typeof createToolCallPieces>,
  index: number,
  item: JsonValue | undefined,
  isWhole: boolean,
): void {
  if (!isJsonObject(item) || item.type !== "function_call") return;
  calls.add(index, {
    ...(typeof item.call_id === "string" ? { id: item.call_id } : {}),
    ...(typeof item.name === "string" ? { name: item.name } : {}),
    ...(isWhole && typeof item.arguments === "string" ? { json: item.arguments } : {}),
  });
}

function* ended(
  called: Extract<ModelEvent, { type: "toolCall" }>[],
  response: JsonValue | undefined,
): Generator<ModelEvent> {
  const told = isJsonObject(response) ? response : {};
  yield* called;
  const stopReason = called.length > 0 ? "toolUse" : told.status === "incomplete" ? "length" : "stop";
  yield { type: "done", stopReason, usage: isJsonObject(told.usage) ? parseUsage(told.usage) : NO_USAGE };
}

function failed(label: string, event: JsonObject): HostError {
  const response = isJsonObject(event.response) ? event.response : event;
  const words = errorText(
    JSON.stringify(isJsonObject(response.error) ? { error: response.error } : { error: response }),
  );
  return new HostError("model.refused", `${label} failed in the middle of its answer: ${words}`);
}

function parseUsage(usage: JsonObject): Usage {
  const input = typeof usage.input_tokens === "number" ? usage.input_tokens : 0;
  const output = typeof usage.output_tokens === "number" ? usage.output_tokens : 0;
  return { input, output, totalTokens: input + output };
}
