/**
 * The program: `host/main.ts gateway` runs the gateway, everything else is the command line.
 *
 * The only reader of the process's arguments and environment. Proxy variables are taken out before anything
 * is loaded that might obey them: what leaves this process is decided by the broker alone.
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { systemClock } from "./base/clock.ts";
import { asHostError, EXIT_CODES, explain, HostError } from "./base/errors.ts";
import { createLog, parseLogLevel, type Log, type LogLevel } from "./base/log.ts";
import type { CliContext } from "./cli/control.ts";

for (const name of Object.keys(process.env))
  if (/^(?:https?|all|no|ftp)_proxy$/i.test(name)) delete process.env[name];

const environment = { ...process.env };
const args = process.argv.slice(2);
const stateDir = resolve(environment["OPENCLAW_STATE_DIR"] || join(homedir(), ".openclaw"));
/** In a clone the command line is an npm script; npm tells its scripts apart. */
const cli = environment["npm_lifecycle_event"] === undefined ? "openclaw" : "npm run -s openclaw --";

/** A second Ctrl+C does not wait; npm may pass on the first one again, so it must come later. */
const SECOND_SIGNAL_MS = 500;

const print = (text: string) => void process.stdout.write(`${text}\n`);
const printError = (text: string) => void process.stderr.write(`${text}\n`);

/** Over the line that was drawn before, cut to the terminal's width so that it stays one. */
const redraw = (line: string | null) =>
  void process.stderr.write(
    line === null ? "\n" : `\r\u001b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`,
  );

try {
  process.exitCode = args[0] === "gateway" && args.length === 1 ? await gateway(null) : await commandLine();
} catch (thrown) {
  const error = asHostError(thrown);
  printError(`openclaw: ${explain(error)}`);
  if (error.code === "internal" && environment["OPENCLAW_LOG_LEVEL"] === "debug")
    printError(String(error.stack));
  process.exitCode = EXIT_CODES[error.code] ?? 1;
}
// What is left then is nothing that anybody waits for.
process.exit();

async function gateway(port: number | null): Promise<number> {
  const { runGateway } = await import("./compose/run-gateway.ts");
  return runGateway({
    stateDir,
    environment,
    createLog: logTo,
    port,
    cli,
    runtime: runtimeName(),
    print,
    untilStopped: untilStopped(),
  });
}

async function commandLine(): Promise<number> {
  const { runCli } = await import("./cli/cli.ts");
  const { readVersion } = await import("./compose/release.ts");
  const context: CliContext = {
    write: print,
    writeError: printError,
    redraw: process.stderr.isTTY === true ? redraw : null,
    interactive: process.stdin.isTTY === true && process.stdout.isTTY === true,
    readInput: () => text(process.stdin),
    version: readVersion(),
    // npm runs scripts in the package's folder and says where it was called.
    cwd: environment["INIT_CWD"] ?? process.cwd(),
    address: async () => (await import("./compose/offline.ts")).readAddress(stateDir, environment),
    openState: async () =>
      (await import("./compose/offline.ts")).openOffline({ stateDir, environment, createLog: quietLog }),
    openOperatorFiles: async () =>
      (await import("./compose/operator-files.ts")).openOperatorFiles(stateDir, environment),
    openAuthor: async () =>
      (await import("./compose/author.ts")).createAuthor({ stateDir, environment, writeError: printError }),
    openModelTools: async () =>
      (await import("./compose/model-tools.ts")).createModelTools(stateDir, environment),
    openSkillTools: async () =>
      (await import("./compose/skill-tools.ts")).createSkillTools(stateDir, environment),
    readLines: () => createInterface({ input: process.stdin, crlfDelay: Infinity }),
    untilStopped,
    runGateway: ({ port }) => gateway(port ?? null),
  };
  return runCli(args, context);
}

function logTo(logging: { readonly level: LogLevel; readonly format: "text" | "json" | null } | null): Log {
  const level = levelByVariable() ?? logging?.level ?? "info";
  const format = logging?.format ?? (process.stderr.isTTY ? "text" : "json");
  return createLog({ clock: systemClock, level, format, write: printError });
}

function levelByVariable(): LogLevel | null {
  const text = environment["OPENCLAW_LOG_LEVEL"] || null;
  const level = text === null ? null : parseLogLevel(text);
  if (text === null || level !== null) return level;
  throw new HostError(
    "config.invalid",
    `Cannot use OPENCLAW_LOG_LEVEL="${text}": it must be debug, info, warn or error`,
    { fix: "Correct the environment variable, or start without it" },
  );
}

function quietLog(): Log {
  return createLog({ clock: systemClock, level: "error", format: "text", write: printError });
}

function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    let first: number | null = null;
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.on(signal, () => {
        const now = systemClock.monotonic();
        first ??= now;
        if (now - first > SECOND_SIGNAL_MS) process.exit(130);
        resolve(signal);
      });
    }
  });
}

function runtimeName(): string {
  const { bun, deno, node } = process.versions as Record<string, string | undefined>;
  if (bun !== undefined) return `Bun ${bun}`;
  return deno === undefined ? `Node ${node}` : `Deno ${deno}`;
}
