/**
 * Whether a program may run with these arguments and variables, by the commands that a plugin declared.
 *
 * Pure. A command is an argv, never a line for a shell: nothing is split, expanded or quoted. It is allowed only
 * as a whole, by one declared entry: name, every argument in its place, every variable.
 *
 * In a pattern `*` stands for any characters within one argument. What begins with `*` never matches an argument
 * that begins with `-`: whoever may choose a file's name must not come to choose an option. A last `**` stands for
 * any number of arguments that are no options, a last `-**` for any number of any.
 */
import { choosesCode } from "./code-variables.ts";
import type { Permissions } from "./permissions.ts";

export type CommandPermission = NonNullable<Permissions["commands"]>[number];

export interface CommandRequest {
  readonly command: string;
  readonly args: readonly string[];
  /** Variables that the plugin sets. */
  readonly env: Readonly<Record<string, string>>;
}

/** A reason is the second half of a sentence: `Cannot run "git push": <reason>`. */
export type CommandMatch =
  | { readonly ok: true }
  /** `malformed`: no manifest could allow it. */
  | { readonly ok: false; readonly malformed: boolean; readonly reason: string };

/** Far below what systems take (ARG_MAX); a longer list belongs into a file or into standard input. */
export const MAX_ARGS = 256;
const MAX_ARG_CHARS = 32 * 1024;
/** All arguments and variables together. */
const MAX_COMMAND_CHARS = 128 * 1024;

const CONFIG_PREFIX = "$config.";

/**
 * The entries with each `$config.key` replaced by what the owner lists under that key: texts of a program's name, which
 * may get what the entry says, or of a name and patterns for its arguments ("git log -**"). What is not such a list
 * stands for nothing.
 */
export function expandCommands(
  declared: readonly CommandPermission[],
  config: Readonly<Record<string, unknown>>,
): CommandPermission[] {
  return declared.flatMap((entry) => {
    if (!entry.command.startsWith(CONFIG_PREFIX)) return [entry];
    const listed = config[entry.command.slice(CONFIG_PREFIX.length)];
    if (!Array.isArray(listed)) return [];
    return listed.flatMap((text) => (typeof text === "string" ? configured(entry, text) : []));
  });
}

function configured(entry: CommandPermission, text: string): CommandPermission[] {
  const [command = "", ...args] = text.split(" ").filter((word) => word !== "");
  if (command === "" || command.startsWith(CONFIG_PREFIX)) return [];
  return [{ ...entry, command, ...(args.length === 0 ? {} : { args }) }];
}

export function matchCommand(declared: readonly CommandPermission[], request: CommandRequest): CommandMatch {
  const malformed = whyMalformed(request);
  if (malformed !== null) return { ok: false, malformed: true, reason: malformed };
  const named = declared.filter((entry) => entry.command === request.command);
  if (named.length === 0) return no("it is not declared");
  const fitting = named.filter((entry) => argumentsFit(entry.args ?? [], request.args));
  if (fitting.length === 0) return no("its arguments fit none that are declared");
  const names = Object.keys(request.env);
  if (fitting.some((entry) => names.every((name) => entry.env?.includes(name) === true))) return { ok: true };
  return no(
    `a variable among ${names.map((name) => JSON.stringify(name)).join(", ")} is not declared for it`,
  );
}

/** The entry that would allow exactly this, for whoever is to add it. */
export function entryFor({ command, args, env }: CommandRequest): CommandPermission {
  const names = Object.keys(env);
  return {
    command,
    ...(args.length === 0 ? {} : { args: [...args] }),
    ...(names.length === 0 ? {} : { env: names }),
  };
}

function no(reason: string): CommandMatch {
  return { ok: false, malformed: false, reason };
}

function whyMalformed({ command, args, env }: CommandRequest): string | null {
  if (args.length > MAX_ARGS) return `it has ${args.length} arguments, and ${MAX_ARGS} are allowed`;
  const texts = [command, ...args, ...Object.entries(env).flat()];
  if (texts.some((text) => text.includes("\0"))) return "it holds a NUL character";
  if (!texts.every((text) => text.isWellFormed())) return "it is not well-formed Unicode";
  if (texts.some((text) => text.length > MAX_ARG_CHARS))
    return `one of its arguments is longer than ${MAX_ARG_CHARS} characters`;
  const chars = texts.reduce((sum, text) => sum + text.length, 0);
  if (chars > MAX_COMMAND_CHARS) return `it has ${chars} characters, and ${MAX_COMMAND_CHARS} are allowed`;
  const choosing = Object.keys(env).find(choosesCode);
  return choosing === undefined ? null : `the variable "${choosing}" would choose which code runs`;
}

function argumentsFit(patterns: readonly string[], args: readonly string[]): boolean {
  const last = patterns.at(-1);
  const rest = last === "**" || last === "-**" ? last : null;
  const single = rest === null ? patterns : patterns.slice(0, -1);
  if (rest === null ? args.length !== single.length : args.length < single.length) return false;
  return (
    single.every((pattern, index) => argumentFits(pattern, args[index] ?? "")) &&
    (rest === "-**" || args.slice(single.length).every((arg) => !arg.startsWith("-")))
  );
}

/** Compares from left to right, each piece at its first place: no pattern makes it slow. */
function argumentFits(pattern: string, arg: string): boolean {
  const [first = "", ...pieces] = pattern.split("*");
  const last = pieces.pop();
  if (last === undefined) return pattern === arg;
  if (first === "" && arg.startsWith("-")) return false;
  if (!arg.startsWith(first) || arg.length < first.length + last.length || !arg.endsWith(last)) return false;
  const end = arg.length - last.length;
  let at = first.length;
  for (const piece of pieces) {
    const found = arg.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
