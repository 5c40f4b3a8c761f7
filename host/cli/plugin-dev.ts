/**
 * `openclaw plugin dev`: what its author sees of a plugin at work.
 *
 * Everything that happens goes to standard output as it happens. A line of standard input calls a tool, or is said in a
 * channel's chat. Ends when the process is told to.
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
  readonly port?: number;
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
    .option("--port <number>", "where its routes listen on 127.0.0.1; a free one if left out", parsePort)
    .addHelpText(
      "after",
      `
While it runs, a line that you type calls a tool or, in a channel, is sent:
  roll {"sides": 6}     calls the tool "roll"
  hello                 is sent to where the channel received something last
  @ada hello            is sent to the conversation "ada"`,
    )
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
    port: flags.port ?? 0,
    show: (event) => linesOf(event).forEach(context.write),
  });
  void takeLines(context, running);
  await stopped;
  await running.stop();
}

/** `roll {"sides": 6}`. Throws `request.invalid`. */
export function parseCall(line: string): AuthorCall {
  const [, tool = "", rest = ""] = /^\s*(\S+)\s*(.*)$/s.exec(line) ?? [];
  return { tool, args: rest.trim() === "" ? {} : parseObject(rest) };
}

type RunningDev = Awaited<ReturnType<Awaited<ReturnType<CliContext["openAuthor"]>>["dev"]>>;

async function takeLines(context: CliContext, running: RunningDev): Promise<void> {
  for await (const line of context.readLines()) {
    if (line.trim() === "") continue;
    try {
      if (!(await running.say(line))) await running.call(parseCall(line));
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

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError("It must be a port: 0 to 65535.");
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
    case "request":
      return requestLines(event);
    default:
      return channelLines(event);
  }
}

function runningLines(event: Extract<AuthorEvent, { type: "running" }>): string[] {
  const ms = Math.round(event.afterSaveMs);
  const how = event.isReload ? `reloaded, ${ms} ms after the save` : "runs";
  const parts = [
    ...event.tools,
    ...(event.channel === null ? [] : [`channel ${event.channel}`]),
    ...(event.routes.length === 0
      ? []
      : [`${event.routes.length} route${event.routes.length === 1 ? "" : "s"}`]),
  ];
  const unset = event.unsetSecrets.map(
    (name) => `the secret "${name}" has no value here: --secrets FILE gives it`,
  );
  const holds = event.isReload
    ? []
    : [...event.routes, ...event.rights.map((line) => `holds ${line}`), ...unset];
  return [`✓ ${event.id} ${how}: ${parts.join(", ") || "no tools"}`, ...indented(holds)];
}

function requestLines(event: Extract<AuthorEvent, { type: "request" }>): string[] {
  const { method, path, status, reason, ms } = event;
  const line = `⇄ ${method} ${path}: ${status} in ${Math.round(ms)} ms`;
  return reason === null ? [line] : [line, ...indented([reason])];
}

function channelLines(
  event: Extract<
    AuthorEvent,
    { type: "account" | "ended" | "received" | "not-received" | "sent" | "not-sent" }
  >,
): string[] {
  switch (event.type) {
    case "account":
      return [`● ${event.state}${event.detail === "" ? "" : `: ${event.detail}`}`];
    case "ended":
      return [`✗ run ended: ${event.reason}`, ...(event.stack?.split("\n") ?? [])];
    case "received":
      return [`▼ ${event.from}: ${event.text}${event.isNew ? "" : "  (came before)"}`];
    case "not-received":
      return [`✗ not received: ${event.reason}`];
    case "sent":
      return [`▲ sent to ${event.to} as ${event.ids.join(", ") || "?"} in ${Math.round(event.ms)} ms`];
    case "not-sent":
      return [`✗ not sent to ${event.to}: ${event.reason}`, ...(event.stack?.split("\n") ?? [])];
  }
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
