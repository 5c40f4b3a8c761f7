/** The host's own answers to commands such as `/status`, `/help` and `/model`: facts, no model. */
import { NO_USAGE } from "#host/base/message.ts";
import type { SessionSettings } from "#host/base/session.ts";
import type { SelectorStatus } from "#host/llm/selector.ts";
import type { ModelChoice, ModelInfo, ModelTool } from "#host/llm/provider.ts";
import type { CompactionResult } from "./compaction/compact.ts";
import { COMMAND_HELP, type CommandName } from "./parse.ts";
import type { SessionCommands } from "./session-commands.ts";
import type { SkillCommand } from "./skill-commands.ts";
import { HOST_PROVIDER } from "./window.ts";

export interface CommandFacts {
  readonly version: string;
  readonly sessionKey: string;
  readonly status: SelectorStatus;
  readonly tools: readonly ModelTool[];
  /** Skills that people may call up. */
  readonly skills: readonly SkillCommand[];
  /** What stands behind the command's name. */
  readonly args: string;
  readonly queue: (args: string) => string;
  /** Summarises what was said so far. Rejects with what was in the way. */
  readonly compact: (instructions: string) => Promise<CompactionResult>;
  /** What the owner chose for this conversation. */
  readonly session: SessionSettings;
  readonly choose: SessionCommands;
}

export async function answerCommand(command: CommandName, facts: CommandFacts): Promise<string> {
  switch (command) {
    case "new":
      return "A new conversation. The earlier one is kept, and I no longer look at it.";
    case "stop":
      return "Stopped.";
    case "help":
      return helpText(facts.tools, facts.skills);
    case "status":
      return statusText(facts);
    case "compact":
      return compactText(await facts.compact(facts.args));
    case "queue":
      return facts.queue(facts.args);
    case "model":
      return await facts.choose.model(facts.sessionKey, facts.args);
    case "think":
      return await facts.choose.think(facts.sessionKey, facts.args);
  }
}

function compactText({ covers, chars }: CompactionResult): string {
  if (covers === 0) return "There is nothing to summarise.";
  return `Summarised ${covers} messages in ${chars} characters. They stay in the history; I go on from the summary.`;
}

function statusText({ version, sessionKey, status, tools, session }: CommandFacts): string {
  const lines = [
    `OpenClaw Edge ${version}`,
    `Model: ${status.provider}/${status.model} (${status.how}). ${status.why}`,
    ...(session.model === null ? [] : [`Model of this conversation: ${session.model}`]),
    `Thinking: ${session.thinking ?? "the model's own way"}`,
    `Tools: ${tools.length}`,
    `Session: ${sessionKey}`,
  ];
  if (status.problem !== null) lines.splice(2, 0, `Problem: ${status.problem}`);
  return lines.map((line) => `- ${line}`).join("\n");
}

function helpText(tools: readonly ModelTool[], skills: readonly SkillCommand[]): string {
  const commands = Object.entries(COMMAND_HELP).map(([name, says]) => `- \`/${name}\` ${says}`);
  const called = skills.map(({ name }) => `\`/${name}\``).join(", ");
  const names = tools.map((tool) => `\`${tool.name}\``).join(", ");
  const skillLine = called === "" ? "" : `\n\nSkills: ${called}`;
  return `${commands.join("\n")}\n\nTools: ${names === "" ? "none yet" : names}${skillLine}`;
}

/** Such an answer as if a model gave it, so that it runs, streams and is stored like any other. */
export function hostChoice(text: () => Promise<string>): ModelChoice {
  return {
    provider: {
      id: HOST_PROVIDER,
      api: HOST_PROVIDER,
      address: null,
      listModels: async () => [HOST_MODEL],
      async *stream() {
        yield { type: "text", delta: await text() };
        yield { type: "done", stopReason: "stop", usage: NO_USAGE };
      },
    },
    model: HOST_MODEL,
    how: "configured",
    why: "A command that the host answers itself",
  };
}

export const HOST_MODEL: ModelInfo = {
  id: "host",
  name: "Host",
  contextWindow: null,
  supportsTools: false,
  supportsImages: false,
  reasoning: false,
};
