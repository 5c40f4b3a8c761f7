/**
 * The demo model: what answers when no real model is there.
 *
 * Says so in every answer that is not a tool's, tells how to get a real one, and calls tools by commands
 * that a person types, so that the whole path can be seen on any machine.
 */
import { setTimeout as wait } from "node:timers/promises";
import { HostError } from "#host/base/errors.ts";
import { NO_USAGE, textOf, type Message, type ToolResultMessage } from "#host/base/message.ts";
import { parameterNames, parseDemoCommand, type DemoCommand } from "./demo-command.ts";
import type { ModelEvent, ModelInfo, ModelProvider, ModelRequest, ModelTool } from "./provider.ts";

export const DEMO_MODEL: ModelInfo = {
  id: "demo",
  name: "Built-in demo",
  contextWindow: null,
  supportsTools: true,
  supportsImages: false,
  reasoning: false,
};

const INTRODUCTION = `I am the built-in **demo** model: I only understand a few commands, because no real model was found.

For a real one, install Ollama (https://ollama.com) and run \`ollama pull llama3.2\`. LM Studio with its server on, or an API key of Anthropic or OpenAI, will do too. It is used from your next message on.`;

/** A list of many tools is not to keep its reader waiting. */
const MOST_MS = 1_500;

export interface DemoOptions {
  /** Between words, so that the answer is seen to stream. */
  readonly wordDelayMs?: number;
}

export function createDemo({ wordDelayMs = 12 }: DemoOptions = {}): ModelProvider {
  return {
    id: "demo",
    api: "demo",
    address: null,
    listModels: async () => [DEMO_MODEL],
    async *stream(request) {
      try {
        yield* answer(request, wordDelayMs);
      } catch (thrown) {
        yield { type: "error", error: new HostError("aborted", "The answer was stopped", { cause: thrown }) };
      }
    },
  };
}

async function* answer(request: ModelRequest, wordDelayMs: number): AsyncGenerator<ModelEvent> {
  const results = newestResults(request.messages);
  const asked = request.messages.findLast((message) => message.role === "user");
  const command = parseDemoCommand(asked === undefined ? "" : textOf(asked), request.tools);
  if (results.length === 0 && command.kind === "call") {
    const call = {
      type: "toolCall",
      id: `call_${crypto.randomUUID()}`,
      name: command.tool.name,
      arguments: command.arguments,
    } as const;
    yield { type: "toolCall", call };
    yield { type: "done", stopReason: "toolUse", usage: NO_USAGE };
    return;
  }
  const text = results.length > 0 ? results.map(quote).join("\n\n") : reply(command, request.tools);
  const words = text.match(/\S+\s*|\s+/g) ?? [];
  const delayMs = Math.min(wordDelayMs, MOST_MS / Math.max(1, words.length));
  for (const word of words) {
    request.signal.throwIfAborted();
    yield { type: "text", delta: word };
    await wait(delayMs, undefined, { signal: request.signal });
  }
  yield { type: "done", stopReason: "stop", usage: NO_USAGE };
}

function newestResults(messages: readonly Message[]): ToolResultMessage[] {
  const lastOther = messages.findLastIndex((message) => message.role !== "toolResult");
  return messages.slice(lastOther + 1).filter((message) => message.role === "toolResult");
}

function quote(result: ToolResultMessage): string {
  const said = textOf(result).trim();
  const quoted = (said === "" ? "(nothing)" : said).replaceAll(/^/gm, "> ");
  return `The tool \`${result.toolName}\` ${result.isError ? "failed" : "answered"}:\n\n${quoted}`;
}

function reply(command: DemoCommand, tools: readonly ModelTool[]): string {
  switch (command.kind) {
    case "help":
      return `I am the built-in **demo** model. ${toolList(tools)}`;
    case "unknown-tool":
      return `There is no tool \`${command.name}\`. ${toolList(tools)}`;
    case "bad-arguments":
      return `I cannot read \`${command.text}\` as arguments of \`${command.tool.name}\`. Write it like this: \`${usage(command.tool)}\``;
    default:
      return tools.length === 0 ? INTRODUCTION : `${INTRODUCTION}\n\n${toolList(tools)}`;
  }
}

function toolList(tools: readonly ModelTool[]): string {
  if (tools.length === 0) return "There are no tools yet: copy a plugin's folder into place and ask again.";
  const lines = tools.map((tool) => `- \`${usage(tool)}\` ${tool.description}`);
  return `Tools that you can call by typing:\n\n${lines.join("\n")}`;
}

function usage(tool: ModelTool): string {
  return [`/${tool.name}`, ...parameterNames(tool).map((name) => `${name}=…`)].join(" ");
}
