/**
 * How large a context Ollama is asked to make (`num_ctx`), so that no prompt is cut without a word. Pure.
 *
 * Ollama's own default is some 4,096 tokens, and it drops the middle of what is longer. What is asked for is what the
 * model's card and the machine's memory allow, up to a number that suits an agent; more only for a conversation that
 * needs it. It stays the same from call to call, since another number makes the server load the model again.
 */
import { MODEL } from "#host/base/limits.ts";
import type { OllamaCard } from "./ollama-card.ts";

export interface ContextFacts {
  readonly card: Pick<OllamaCard, "contextLength" | "modelfileContext" | "bytesPerToken"> | null;
  /** Of the model's file: what its weights take in memory. */
  readonly weightBytes: number;
  /** Of the machine that the server runs on; null where that is another one. */
  readonly memoryBytes: number | null;
  /** The owner's own number, which goes before everything but the card. */
  readonly configured: number | null;
}

export interface ContextSize {
  /** Tokens of prompt and answer together that every call gets. */
  readonly usual: number;
  /** What a longer conversation may get. */
  readonly most: number;
}

export function contextSize({ card, weightBytes, memoryBytes, configured }: ContextFacts): ContextSize {
  const made = card?.contextLength ?? Number.POSITIVE_INFINITY;
  if (configured !== null) return fixed(Math.min(configured, made));
  const room = Math.min(made, tokensInMemory(card?.bytesPerToken ?? null, weightBytes, memoryBytes));
  const most = Number.isFinite(room) ? room : MODEL.contextTokens;
  const wanted = Math.max(MODEL.contextTokens, card?.modelfileContext ?? 0);
  return { usual: Math.min(wanted, most), most };
}

/** The usual size, doubled until the conversation fits into it. */
export function sizeFor(tokens: number, { usual, most }: ContextSize): number {
  let size = usual;
  while (size < tokens && size < most) size *= 2;
  return Math.min(size, most);
}

function tokensInMemory(
  bytesPerToken: number | null,
  weightBytes: number,
  memoryBytes: number | null,
): number {
  if (memoryBytes === null || bytesPerToken === null) return MODEL.contextTokens;
  const others = Math.max(MODEL.reservedMemoryBytes, memoryBytes / 4);
  const tokens = Math.floor((memoryBytes - others - weightBytes) / bytesPerToken);
  const round = Math.floor(tokens / MODEL.contextStep) * MODEL.contextStep;
  return Math.min(MODEL.maxContextTokens, Math.max(MODEL.minContextTokens, round));
}

function fixed(tokens: number): ContextSize {
  return { usual: tokens, most: tokens };
}
