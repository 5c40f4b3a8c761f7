/**
 * Last stage: an answer as the channel shows it and the store keeps it.
 *
 * Guarantees that no answer is silent: one without words says so, and one that failed carries the reason and
 * the fix. Calls of an answer that failed are left out: they were never run.
 */
import { explain, type HostError } from "#host/base/errors.ts";
import type { AssistantMessage, StopReason, Usage } from "#host/base/message.ts";
import type { ModelChoice } from "#host/llm/provider.ts";

export interface AnswerFacts {
  readonly choice: ModelChoice;
  readonly usage: Usage;
  readonly now: number;
}

type Content = AssistantMessage["content"];

/** An answer that has only begun. */
export function formatStart(facts: AnswerFacts): AssistantMessage {
  return { ...frame(facts), content: [], stopReason: "stop" };
}

export function formatAnswer(content: Content, stopReason: StopReason, facts: AnswerFacts): AssistantMessage {
  const isSilent = !content.some((part) => part.type !== "thinking");
  const shown: Content = isSilent
    ? [...content, { type: "text", text: "(The model gave an empty answer.)" }]
    : content;
  return { ...frame(facts), content: shown, stopReason };
}

/** What was said before it failed, and why it failed. */
export function formatFailure(content: Content, error: HostError, facts: AnswerFacts): AssistantMessage {
  const said = content.filter((part) => part.type !== "toolCall");
  if (error.code === "aborted") return { ...frame(facts), content: said, stopReason: "aborted" };
  return { ...frame(facts), content: said, stopReason: "error", errorMessage: explain(error) };
}

function frame({ choice, usage, now }: AnswerFacts) {
  const { provider, model } = choice;
  return {
    role: "assistant",
    api: provider.api,
    provider: provider.id,
    model: model.id,
    usage,
    timestamp: now,
  } as const;
}

/** A tool's text, cut where it would crowd out the conversation. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  return `${text.slice(0, maxChars)}\n[cut here: ${text.length} characters in all, ${maxChars} shown]`;
}
