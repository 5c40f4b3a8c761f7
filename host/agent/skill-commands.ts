/**
 * Skills that people call up themselves: `/name what to do`, or `/skill name what to do`.
 *
 * Guarantees that no skill takes a command of the host's. Names are what chat apps take as commands: lower case
 * letters, digits and underscores; a hyphen is as good as an underscore.
 */
import { hostCommands } from "./parse.ts";

export interface CallableSkill {
  readonly name: string;
  readonly description: string;
  /** The tool that is run without asking the model; null where the model is asked. */
  readonly commandTool: string | null;
}

export interface SkillCommand {
  /** Without the slash. */
  readonly name: string;
  readonly skill: string;
  readonly description: string;
  readonly tool: string | null;
}

export interface SkillCall {
  readonly command: SkillCommand;
  /** What stands behind the name, as it was written. */
  readonly args: string;
}

/** As the narrowest chat app takes them. */
const MAX_COMMAND_CHARS = 32;

/** Of two skills whose names come to one, the second is told apart by a number. */
export function skillCommands(skills: readonly CallableSkill[]): SkillCommand[] {
  const taken = new Set(hostCommands().map(({ name }) => name));
  return skills.flatMap(({ name: skill, description, commandTool }) => {
    const name = freeName(commandName(skill), taken);
    if (name === null) return [];
    taken.add(name);
    return [{ name, skill, description, tool: commandTool }];
  });
}

function freeName(wanted: string, taken: ReadonlySet<string>): string | null {
  if (wanted === "") return null;
  const names = [
    wanted,
    ...Array.from({ length: 8 }, (_, at) => `${wanted.slice(0, MAX_COMMAND_CHARS - 2)}_${at + 2}`),
  ];
  return names.find((name) => !taken.has(name)) ?? null;
}

function commandName(skill: string): string {
  const plain = skill.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
  return plain.slice(0, MAX_COMMAND_CHARS).replaceAll(/^_+|_+$/g, "");
}

/** The skill that a message calls up; null for any other message. */
export function parseSkillCall(text: string, commands: readonly SkillCommand[]): SkillCall | null {
  const [, name = "", rest = ""] = /^\/([\w-]+)(?:[\s:]+([\s\S]*))?$/.exec(text.trim()) ?? [];
  if (name === "") return null;
  if (name.toLowerCase() === "skill") return named(rest, commands);
  const command = find(name, commands);
  return command === undefined ? null : { command, args: rest.trim() };
}

function named(rest: string, commands: readonly SkillCommand[]): SkillCall | null {
  const [, name = "", args = ""] = /^(\S+)\s*([\s\S]*)$/.exec(rest) ?? [];
  const command = commands.find(({ skill }) => skill === name) ?? find(name, commands);
  return command === undefined ? null : { command, args: args.trim() };
}

function find(name: string, commands: readonly SkillCommand[]): SkillCommand | undefined {
  const wanted = name.toLowerCase().replaceAll("-", "_");
  return commands.find((command) => command.name === wanted);
}
