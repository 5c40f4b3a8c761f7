/**
 * `openclaw plugin dev`: what its author sees of a plugin at work.
 *
 * Everything that happens goes to standard output as it happens. A line of standard input calls a tool. Ends when
 * the process is told to.
 */
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import type { AuthorCall, AuthorEvent } from "#host/base/author.ts";
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject } from "#host/base/json.ts";
import type { CliContext } from "./control.ts";
import { indented } from "./print.ts";

interface DevFlags {
  readonly call?: readonly string[];
  readonly config?: JsonObject;
  readonly secrets?: string;
  readonly workspace?: string;
  readonly allowAsks?: boolean;
}

export function addPluginDev(plugin: Command, context: CliContext): void {
  plugin
    .command("dev")
    .argument("[folder]", "of the plugin", ".")
    .description(
      "run a plugin while you write it: reloads on save, shows what is refused and the line it needs",
    )
    .option("--call <tool-and-arguments...>", `a tool to call after each save: --call roll '{"sides": 6}'`)
    .option("--config <json>", "the plugin's settings", parseObject)
    .option("--secrets <file>", "values of its secrets, as JSON by name; keep it out of the plugin's folder")
    .option("--workspace <folder>", "what $WORKSPACE is; an empty folder if left out")
    .option("--allow-asks", 'say yes where the owner would be asked (the domain "ask")')
    .action((folder: string, flags: DevFlags) => dev(context, folder, flags));
}

async function dev(context: CliContext, folder: string, flags: DevFlags): Promise<void> {
  const stopped = context.untilStopped();
  const author = await context.openAuthor();
  const running = await author.dev({
    folder: await pluginFolder(context.cwd, folder),
    workspace: flags.workspace === undefined ? null : resolve(context.cwd, flags.workspace),
    config: flags.config ?? {},
    secrets: await readSecrets(context.cwd, flags.secrets),
    call: flags.call === undefined ? null : parseCall(flags.call.join(" ")),
    allowAsks: flags.allowAsks === true,
    show: (event) => linesOf(event).forEach(context.write),
  });
  void callFromLines(context, running.call);
  await stopped;
  await running.stop();
}

/** `roll {"sides": 6}`. Throws `request.invalid`. */
export function parseCall(line: string): AuthorCall {
  const [, tool = "", rest = ""] = /^\s*(\S+)\s*(.*)$/s.exec(line) ?? [];
  return { tool, args: rest.trim() === "" ? {} : parseObject(rest) };
}

async function callFromLines(context: CliContext, call: (call: AuthorCall) => Promise<void>): Promise<void> {
  for await (const line of context.readLines()) {
    if (line.trim() === "") continue;
    try {
      await call(parseCall(line));
    } catch (error) {
      context.write(`✗ ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

export async function pluginFolder(cwd: string, folder: string): Promise<string> {
  const path = resolve(cwd, folder);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) return path;
  throw new HostError("request.invalid", `Cannot find the plugin's folder "${folder}"`, {
    fix: 'Make one with "openclaw plugin new tool NAME"',
  });
}

/** From a file: arguments stand in the shell's history and in every list of processes. */
export async function readSecrets(
  cwd: string,
  file: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  if (file === undefined) return {};
  const text = await readFile(resolve(cwd, file), "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new HostError("request.invalid", `Cannot read "${file}": ${cause.code}`, { cause });
  });
  const values = parseObject(text);
  const wrong = Object.keys(values).find((name) => typeof values[name] !== "string");
  if (wrong === undefined) return values as Record<string, string>;
  throw new HostError("request.invalid", `Cannot use "${file}": the value of "${wrong}" is not a text`);
}

export function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Said below, as for JSON of another kind.
  }
  throw new InvalidArgumentError("It must be a JSON object.");
}

function linesOf(event: AuthorEvent): string[] {
  switch (event.type) {
    case "running":
      return runningLines(event);
    case "broken":
      return ["✗ does not run:", ...indented(event.reason.split("; ")), ...(event.stack?.split("\n") ?? [])];
    case "console":
      return indented(event.text.split("\n"), `  ${event.level} │ `);
    case "denied":
      return deniedLines(event);
    case "asked":
      return [`? ${event.lines.join("; ")}: ${event.allowed ? "yes" : "no (--allow-asks says yes)"}`];
    case "progress":
      return [`  … ${event.text}`];
    case "called":
      return [`→ ${event.tool}`];
    case "answer":
      return answerLines(event);
  }
}

function runningLines(event: Extract<AuthorEvent, { type: "running" }>): string[] {
  const ms = Math.round(event.afterSaveMs);
  const how = event.isReload ? `reloaded, ${ms} ms after the save` : "runs";
  const tools = event.tools.length === 0 ? "no tools" : event.tools.join(", ");
  const holds = event.isReload ? [] : event.rights.map((line) => `holds ${line}`);
  return [`✓ ${event.id} ${how}: ${tools}`, ...indented(holds)];
}

function deniedLines(event: Extract<AuthorEvent, { type: "denied" }>): string[] {
  if (event.line === null) return [`⊘ ${event.reason}`, ...indented([event.fix])];
  const how = event.isGuess
    ? "In openclaw.plugin.json, with the place where the secret really stands:"
    : "In openclaw.plugin.json:";
  return [`⊘ ${event.reason}`, ...indented([how, event.line])];
}

function answerLines(event: Extract<AuthorEvent, { type: "answer" }>): string[] {
  return [
    ...indented(event.text.split("\n")),
    ...(event.stack === null ? [] : event.stack.split("\n")),
    `← ${event.tool}: ${event.isError ? "failed" : "done"} in ${Math.round(event.ms)} ms`,
  ];
}
