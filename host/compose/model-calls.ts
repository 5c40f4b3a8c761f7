/**
 * The owner's model, as the broker lets plugins call it (`ModelCalls` of host/broker).
 *
 * A call goes to the model that would answer the session's next turn. That a server is down is told to the selector as
 * a turn would tell it; what a plugin's own request made a model refuse is not, or a plugin could make the owner's
 * model look broken.
 */
import type { LlmMessage } from "#host/base/effect.ts";
import type { Clock } from "#host/base/clock.ts";
import { NO_SETTINGS, type SessionChoices } from "#host/base/session.ts";
import type { ThinkingLevel } from "#host/base/thinking.ts";
import { NO_USAGE, type Message } from "#host/base/message.ts";
import type { CallableModel, ModelCallEvent, ModelCalls } from "#host/broker/model-calls.ts";
import type { ModelChoice, ModelRequest } from "#host/llm/provider.ts";
import type { ModelSelector } from "#host/llm/selector.ts";

export type ModelCallsDeps = {
  readonly models: Pick<ModelSelector, "forTurn" | "report">;
  readonly choices: Pick<SessionChoices, "settingsOf">;
  readonly clock: Clock;
};

export function createModelCalls({ models, choices, clock }: ModelCallsDeps): ModelCalls {
  return {
    async modelFor(session) {
      const { model, thinking } = session === null ? NO_SETTINGS : choices.settingsOf(session);
      const choice = await models.forTurn(model);
      return callable(choice, thinking, clock, (error) => {
        if (error === null || error.code === "model.unreachable") models.report(choice, error);
      });
    },
  };
}

function callable(
  choice: ModelChoice,
  thinking: ThinkingLevel | null,
  clock: Clock,
  report: (error: Parameters<ModelSelector["report"]>[1]) => void,
): CallableModel {
  const { provider, model } = choice;
  return {
    provider: provider.id,
    model: model.id,
    async *stream({ messages, ...call }): AsyncGenerator<ModelCallEvent> {
      const request: ModelRequest = {
        ...call,
        model: model.id,
        system: systemOf(messages),
        messages: messages.flatMap((message) => toMessage(message, choice, clock.now())),
        tools: [],
        ...(thinking === null ? {} : { thinking }),
      };
      for await (const event of provider.stream(request)) {
        if (event.type === "toolCall") continue;
        if (event.type === "error") report(event.error);
        if (event.type !== "done") {
          yield event;
          continue;
        }
        report(null);
        yield { ...event, stopReason: event.stopReason === "length" ? "length" : "stop" };
      }
    },
  };
}

function systemOf(messages: readonly LlmMessage[]): string {
  return messages.flatMap((message) => (message.role === "system" ? [textOf(message)] : [])).join("\n\n");
}

function toMessage(message: LlmMessage, { provider, model }: ModelChoice, now: number): Message[] {
  if (message.role === "system") return [];
  if (message.role === "user") return [{ role: "user", content: message.content, timestamp: now }];
  const facts = { api: provider.api, provider: provider.id, model: model.id, usage: NO_USAGE };
  const content = [{ type: "text", text: textOf(message) }] as const;
  return [{ role: "assistant", content, stopReason: "stop", ...facts, timestamp: now }];
}

/** A model says nothing but text, and its instructions are none either. */
function textOf({ content }: LlmMessage): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}
