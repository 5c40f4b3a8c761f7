/**
 * First stage: what came in. A message is text for the model, or one of the few commands that the host
 * answers itself. Any other text with a slash in front goes to the model, which may know what it means.
 */
import { denied, type Denied } from "#host/base/decision.ts";
import { GATEWAY } from "#host/base/limits.ts";

export type CommandName = "status" | "new" | "stop" | "help" | "queue" | "compact" | "model" | "think";

export type Incoming =
  | { readonly kind: "text"; readonly text: string }
  /** `args`: what stands behind the command's name. */
  | { readonly kind: "command"; readonly command: CommandName; readonly args: string; readonly text: string }
  | { readonly kind: "refused"; readonly denial: Denied };

const COMMANDS: Readonly<Record<string, CommandName>> = {
  "/status": "status",
  "/new": "new",
  "/reset": "new",
  "/stop": "stop",
  "/abort": "stop",
  "/help": "help",
  "/commands": "help",
};

const COMMANDS_WITH_ARGS: Readonly<Record<string, CommandName>> = {
  "/queue": "queue",
  "/compact": "compact",
  "/model": "model",
  "/models": "model",
  "/think": "think",
  "/thinking": "think",
  "/t": "think",
};
const WITH_ARGS = /^(\/\w+)(?:[\s:]+([\s\S]*))?$/;

export const COMMAND_HELP: Readonly<Record<CommandName, string>> = {
  status: "which model answers, and what stands in its way",
  new: "start a new conversation",
  stop: "stop what is being answered",
  queue: "what becomes of messages while I answer: steer, followup, collect or interrupt",
  compact: "summarise what was said so far; what stands behind it is minded",
  model: "which model answers here; with a name: have that one answer, `default` for the usual one",
  think: "how long the model thinks here; with a level: off, low, medium, high …, `default` for its own way",
  help: "this list",
};

export function parseMessage(message: string, maxChars: number = GATEWAY.maxMessageChars): Incoming {
  const text = message.trim();
  if (text === "")
    return { kind: "refused", denial: denied("Cannot send an empty message", "Write something") };
  if (text.length > maxChars) {
    const reason = `Cannot send a message of ${text.length} characters: at most ${maxChars} are taken`;
    return { kind: "refused", denial: denied(reason, "Send it in parts, or as a file in the workspace") };
  }
  const command = COMMANDS[text.toLowerCase()];
  if (command !== undefined) return { kind: "command", command, args: "", text };
  const [, name = "", args = ""] = WITH_ARGS.exec(text) ?? [];
  const withArgs = COMMANDS_WITH_ARGS[name.toLowerCase()];
  return withArgs === undefined ? { kind: "text", text } : { kind: "command", command: withArgs, args, text };
}

/** The host's own commands, as a list that people are shown. `/skill` calls up a skill by its name. */
export function hostCommands(): { name: string; description: string; acceptsArgs: boolean }[] {
  const takesArgs = new Set(Object.values(COMMANDS_WITH_ARGS));
  const own = (Object.keys(COMMAND_HELP) as CommandName[]).map((name) => {
    return { name, description: COMMAND_HELP[name], acceptsArgs: takesArgs.has(name) };
  });
  const skill = { name: "skill", description: "call up a skill by its name", acceptsArgs: true };
  return [...own, skill];
}
