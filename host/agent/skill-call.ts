/**
 * A skill that a person calls up: its text stands in that turn's prompt, or its tool is run without asking the model
 * (`command-dispatch: tool`), with the same rights, questions and record as any call of the model's.
 */
import type { JsonObject } from "#host/base/json.ts";
import { MODEL } from "#host/base/limits.ts";
import { NO_USAGE, type Message } from "#host/base/message.ts";
import type { ModelChoice, ModelTool } from "#host/llm/provider.ts";
import { HOST_MODEL } from "./commands.ts";
import type { SkillCall } from "./skill-commands.ts";
import { HOST_PROVIDER } from "./window.ts";

/** What the prompt says of it. `text` is null where the skill cannot be read. */
export function calledUpPart(
  { command, args }: SkillCall,
  text: string | null,
  contextTokens: number,
): string {
  const { name, skill } = command;
  if (text === null)
    return `The owner called up the skill "${skill}" with /${name}, and its text cannot be read. Say so.`;
  // The rest of the context is for tools, the conversation and the answer.
  const most = Math.floor((contextTokens * MODEL.bytesPerToken) / 2);
  const cut =
    text.length > most ? `${text.slice(0, most)}\n(cut here: it does not fit into the context)` : text;
  const what = args === "" ? "" : " What stands behind the command is what to do.";
  return `The owner called up the skill "${skill}" with /${name}. Follow it for this message.${what}\n\n${cut}`;
}

/** Calls the tool once, then says what it answered: as if a model did, so that it streams and is stored as ever. */
export function toolChoice(call: SkillCall, tool: string): ModelChoice {
  return {
    provider: {
      id: HOST_PROVIDER,
      api: HOST_PROVIDER,
      address: null,
      listModels: async () => [MODEL_WITH_TOOLS],
      async *stream({ messages, tools }) {
        const answer = answerOf(messages.at(-1));
        if (answer === null) {
          const args = argumentsFor(
            call,
            tools.find(({ name }) => name === tool),
          );
          const id = `skill-${crypto.randomUUID()}`;
          yield { type: "toolCall", call: { type: "toolCall", id, name: tool, arguments: args } };
          yield { type: "done", stopReason: "toolUse", usage: NO_USAGE };
          return;
        }
        yield { type: "text", delta: answer };
        yield { type: "done", stopReason: "stop", usage: NO_USAGE };
      },
    },
    model: MODEL_WITH_TOOLS,
    how: "configured",
    why: "A skill's command that runs a tool",
  };
}

const MODEL_WITH_TOOLS = { ...HOST_MODEL, supportsTools: true };

function answerOf(message: Message | undefined): string | null {
  if (message?.role !== "toolResult") return null;
  const text = message.content.map((part) => (part.type === "text" ? part.text : "(an image)")).join("\n");
  return text === "" ? "(the tool answered nothing)" : text;
}

/** OpenClaw's arguments. A tool that takes no others gets those that it names. */
function argumentsFor({ command, args }: SkillCall, tool: ModelTool | undefined): JsonObject {
  const all: JsonObject = { command: args, commandName: command.name, skillName: command.skill };
  const { properties, additionalProperties } = tool?.parameters ?? {};
  if (additionalProperties !== false || typeof properties !== "object" || properties === null) return all;
  return Object.fromEntries(Object.entries(all).filter(([key]) => Object.hasOwn(properties, key)));
}
