/**
 * The command line: parses arguments, asks the host, prints lines.
 *
 * Guarantees: an unknown command or option is named with the nearest one that exists; every failure is one
 * sentence and its fix on standard error and a distinct exit code; results go to standard output and can
 * be piped. Decides nothing.
 */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { asHostError, EXIT_CODES, explain } from "#host/base/errors.ts";
import { visible, visibleLines } from "#host/base/visible.ts";
import { addAllowlistCommands } from "./allowlist-commands.ts";
import { addAuditCommands } from "./audit-commands.ts";
import type { CliContext, Control } from "./control.ts";
import { connectGateway, NoGateway } from "./gateway-client.ts";
import { addModelCommands } from "./model-commands.ts";
import { addPluginCommands } from "./plugin-commands.ts";
import { addSecretCommands } from "./secret-commands.ts";
import { addSkillCommands } from "./skill-commands.ts";
import { addDoctor, addTalkCommands } from "./talk-commands.ts";

/** Exit codes: 0 done, 1 failed, 2 wrong usage; those of not starting stand in `EXIT_CODES`. */
export async function runCli(args: readonly string[], given: CliContext): Promise<number> {
  // A model's answer repeats what strangers wrote, an error what a plugin is called: none of it steers a terminal.
  const context: CliContext = {
    ...given,
    write: (text) => given.write(visibleLines(text)),
    writeError: (text) => given.writeError(visibleLines(text)),
    redraw: drawnVisibly(given.redraw),
  };
  const outcome = { code: 0 };
  const program = createProgram(context, outcome);
  try {
    await program.parseAsync([...args], { from: "user" });
    return outcome.code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    const error = asHostError(thrown);
    context.writeError(`openclaw: ${explain(error)}`);
    return EXIT_CODES[error.code] ?? 1;
  }
}

function drawnVisibly(redraw: CliContext["redraw"]): CliContext["redraw"] {
  return redraw === null ? null : (line) => redraw(line === null ? null : visible(line));
}

function createProgram(context: CliContext, outcome: { code: number }): Command {
  const program = new Command("openclaw")
    .description("A personal AI gateway whose plugins run in isolates without authority of their own")
    .version(context.version)
    .showSuggestionAfterError()
    .showHelpAfterError('("openclaw --help" lists the commands)')
    .configureOutput({
      writeOut: (text) => context.write(text.trimEnd()),
      writeErr: (text) => context.writeError(text.trimEnd()),
    })
    .exitOverride();
  program
    .command("gateway")
    .description("run the gateway in the foreground")
    .option("--port <number>", "listen on this port instead of the configured one", portNumber)
    .action(async (options: { port?: number }) => {
      outcome.code = await context.runGateway(options);
    });
  addTalkCommands(program, context, (run) => withRunningGateway(context, run));
  addDoctor(program, context, (run) => withAnyControl(context, run));
  addModelCommands(program, context, (run) => withAnyControl(context, run));
  addPluginCommands(program, context, (run) => withAnyControl(context, run));
  addSkillCommands(program, context, {
    withControl: (run) => withAnyControl(context, run),
    fail: () => (outcome.code = 1),
  });
  addSecretCommands(program, context, (run) => withAnyControl(context, run));
  addAllowlistCommands(program, {
    context,
    withControl: (run) => withAnyControl(context, run),
    fail: () => (outcome.code = 1),
  });
  addAuditCommands(program, context, (run) => withAnyControl(context, run));
  nameOwnHelp(program, "openclaw");
  return program;
}

/** What was wrong with a command is explained by its own help. */
function nameOwnHelp(parent: Command, path: string): void {
  for (const command of parent.commands) {
    const own = `${path} ${command.name()}`;
    const what = command.commands.length > 0 ? "lists its commands" : "shows what it takes";
    command.showHelpAfterError(`("${own} --help" ${what})`);
    nameOwnHelp(command, own);
  }
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("A port is a number from 0 to 65535.");
}

async function withRunningGateway(
  context: CliContext,
  run: (control: Control) => Promise<void>,
): Promise<void> {
  const control = await connectGateway(await context.address(), context.version);
  try {
    await run(control);
  } finally {
    await control.close();
  }
}

/** Plugins can be managed while the gateway is down: then this process takes the lock. */
async function withAnyControl(context: CliContext, run: (control: Control) => Promise<void>): Promise<void> {
  const control = await connectGateway(await context.address(), context.version).catch((error: unknown) => {
    if (error instanceof NoGateway) return context.openState();
    throw error;
  });
  try {
    await run(control);
  } finally {
    await control.close();
  }
}
