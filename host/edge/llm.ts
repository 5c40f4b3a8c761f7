/** `ctx.llm`: the broker's `llm.chat` as the method that a plugin author sees. */
import { performEffect } from "./effect.ts";
import { limits } from "./limits.ts";
import { checkedMessages, checkedSchema } from "./llm-messages.ts";
import type { LlmAnswer, LlmOptions, LlmResult, PluginLlm } from "#host/sdk/llm.ts";
import type { EffectFrame } from "#host/pipe/protocol.ts";
import type { LlmChatEffect, LlmLine } from "#host/base/effect.ts";

const { parse, stringify } = JSON;

export function createLlm(signal: AbortSignal): PluginLlm {
  return {
    chat: (messages, options = {}) =>
      new Answer(
        () => requestOf(messages, options),
        options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]),
      ),
  };
}

/** Asked when it is first looped over or wanted as a whole: an answer that nobody wants costs nothing. */
class Answer implements LlmAnswer {
  readonly #pieces: AsyncGenerator<string, void>;
  #result: Promise<LlmResult> | null = null;
  #text = "";
  #end: Exclude<LlmLine, { text: string }> | null = null;

  constructor(request: () => EffectFrame["request"], signal: AbortSignal) {
    this.#pieces = this.#read(request, signal);
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return this.#pieces;
  }

  async text(): Promise<string> {
    return (await this.result()).text;
  }

  result(): Promise<LlmResult> {
    return (this.#result ??= this.#whole());
  }

  async #whole(): Promise<LlmResult> {
    while ((await this.#pieces.next()).done !== true);
    if (this.#end === null) throw new Error("Cannot tell the whole answer: it was left before its end");
    const { stopReason, usage } = this.#end;
    return { text: this.#text, stopReason, usage };
  }

  async *#read(request: () => EffectFrame["request"], signal: AbortSignal): AsyncGenerator<string, void> {
    const { body } = await performEffect({ request: request(), body: null, signal, errorKind: Error });
    for await (const line of linesOf(body ?? [])) {
      if ("text" in line) {
        this.#text += line.text;
        yield line.text;
      } else this.#end = line;
    }
  }
}

async function* linesOf(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<LlmLine, void> {
  const decoder = new TextDecoder();
  let held = "";
  for await (const bytes of body) {
    held += decoder.decode(bytes, { stream: true });
    const lines = held.split("\n");
    held = lines.pop() ?? "";
    for (const line of lines) yield parse(line) as LlmLine;
  }
}

function requestOf(messages: unknown, { maxTokens, temperature, schema }: LlmOptions): LlmChatEffect {
  const request: LlmChatEffect = {
    kind: "llm.chat",
    messages: checkedMessages(messages),
    ...(maxTokens === undefined ? {} : { maxTokens: tokensOf(maxTokens) }),
    ...(temperature === undefined ? {} : { temperature: temperatureOf(temperature) }),
    ...(schema === undefined ? {} : { schema: checkedSchema(schema) }),
  };
  const bytes = new TextEncoder().encode(stringify(request)).byteLength;
  const { llmRequestBytes } = limits();
  if (bytes <= llmRequestBytes) return request;
  throw new RangeError(
    `Cannot call the model: the messages have ${bytes} bytes as JSON, the limit is ${llmRequestBytes}`,
  );
}

function tokensOf(value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`Cannot call the model: maxTokens is ${String(value)}, not a whole number from 1`);
}

function temperatureOf(value: number): number {
  if (typeof value === "number" && value >= 0 && value <= 2) return value;
  throw new RangeError(
    `Cannot call the model: the temperature is ${String(value)}, not a number from 0 to 2`,
  );
}
