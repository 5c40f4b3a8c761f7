/**
 * `ctx.llm`: the owner's model, asked by the plugin itself.
 *
 * @example
 * ```ts
 * // openclaw.plugin.json: "permissions": { "llm": { "maxTokensPerDay": 50000 } }
 * const short = await ctx.llm.chat(`Say it in one sentence: ${article}`, { maxTokens: 100 }).text();
 *
 * for await (const piece of ctx.llm.chat([
 *   { role: "system", content: "You are terse." },
 *   { role: "user", content: "Why is the sky blue?" },
 * ])) ctx.update(piece);
 * ```
 */
import type { JsonSchema } from "./parameters.ts";

/** The owner's model, within the budget that was granted. */
export interface PluginLlm {
  /**
   * Asks the model that the owner chose for this session; no plugin chooses one. Text alone is one message of the user.
   *
   * Nothing is asked before the answer is looped over or wanted as a whole. Each call reserves the most that it may cost from the
   * day's tokens (UTC), an image as 8,192 and a byte of text as one, and is charged what the model's service counts.
   * A call may take longer than a tool has by default: see `limits.deadlineMs` in the manifest.
   *
   * Rejects with a `TypeError` for messages that are none, and with an `Error` whose `code` is `denied` (not granted,
   * the budget is used up, four calls are open), `not-found`, `network` or `io` (the model), or `aborted`; `fix` says what to do.
   */
  chat(messages: string | readonly LlmMessage[], options?: LlmOptions): LlmAnswer;
}

/** One message to the model. */
export interface LlmMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string | readonly LlmContent[];
}

/** One part of a message to the model. */
export type LlmContent =
  | { readonly type: "text"; readonly text: string }
  /** `data` is base64 of a PNG, JPEG, WebP or GIF. All of a call together may have 768 KiB as JSON. */
  | { readonly type: "image"; readonly data: string; readonly mimeType: string };

/** How the model is asked. */
export interface LlmOptions {
  /** Tokens of the answer, at most 8,192. If left out: 1,024, or what is left of the day's if that is less. */
  readonly maxTokens?: number;
  /** From 0, the most likely words, to 2. */
  readonly temperature?: number;
  /** JSON Schema of an object. The text is JSON that fits it, where the model's service can hold a model to one; check it. */
  readonly schema?: JsonSchema;
  /** Ends the answer, at once. */
  readonly signal?: AbortSignal;
}

/** An answer: its pieces as they come, once, or all of it. Leaving the loop early ends it. */
export interface LlmAnswer extends AsyncIterable<string> {
  text(): Promise<string>;
  result(): Promise<LlmResult>;
}

/** A whole answer, and what it cost. */
export interface LlmResult {
  readonly text: string;
  /** `length`: it ended at `maxTokens`. */
  readonly stopReason: "stop" | "length";
  /** Tokens; without `exact`, the most that it can have been. */
  readonly usage: { readonly input: number; readonly output: number; readonly exact: boolean };
}
