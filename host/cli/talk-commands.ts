/** Commands that talk to a running gateway: its address, its state, one message to the agent. */
import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import { visible } from "#host/base/visible.ts";
import type { CliContext, Control } from "./control.ts";
import { RENDER, table } from "./print.ts";
import { listOf, statusLines } from "./status-lines.ts";

type WithGateway = (run: (control: Control) => Promise<void>) => Promise<void>;

export function addTalkCommands(program: Command, context: CliContext, withGateway: WithGateway): void {
  program
    .command("dashboard")
    .description("print a fresh address of the page")
    .action(() => withGateway((control) => dashboard(control, context)));
  program
    .command("status")
    .description("what runs: model, plugins, channels")
    .option("--json", "as JSON")
    .action((options: { json?: boolean }) =>
      withGateway((control) => status(control, context, options.json === true)),
    );
  program
    .command("agent")
    .description("send one message and print the answer as it comes")
    .requiredOption("-m, --message <text>", "what to say")
    .option("-s, --session <key>", "session key", "agent:main:main")
    .action((options: { message: string; session: string }) =>
      withGateway((control) => talk(control, context, options.message, options.session)),
    );
}

/** Needs no running gateway: then this process tries the walls. */
export function addDoctor(program: Command, context: CliContext, withControl: WithGateway): void {
  program
    .command("doctor")
    .description("which walls stand between plugins and this machine, and how to raise the missing ones")
    .action(() => withControl((control) => doctor(control, context)));
}

async function dashboard(control: Control, context: CliContext): Promise<void> {
  const answer = await control.request("page.ticket");
  context.write(isJsonObject(answer) && typeof answer.url === "string" ? answer.url : String(answer));
}

async function status(control: Control, context: CliContext, asJson: boolean): Promise<void> {
  const answer = await control.request("status");
  if (asJson || !isJsonObject(answer)) return context.write(JSON.stringify(answer, null, 2));
  const plugins = await control.request("plugins.list");
  statusLines(answer, isJsonObject(plugins) ? listOf(plugins.plugins) : []).forEach(context.write);
}

async function doctor(control: Control, context: CliContext): Promise<void> {
  const answer = await control.request("health", { probe: true });
  const walls = isJsonObject(answer) ? listOf(answer.walls) : [];
  table(
    walls.map((wall) => [oneLine(wall.state ?? ""), oneLine(wall.id ?? ""), oneLine(wall.detail ?? "")]),
  ).forEach(context.write);
  for (const wall of walls)
    if (typeof wall.fix === "string") context.write(`To raise "${oneLine(wall.id ?? "")}": ${wall.fix}`);
  const behind = isJsonObject(answer) && isJsonObject(answer.facts) ? answer.facts["behindSquid"] : [];
  if (Array.isArray(behind) && behind.length > 0)
    context.write(`Squid does not know ${behind.map(oneLine).join(", ")} as it is now. ${RENDER}`);
}

/** Resolves when the run has ended; rejects with the gateway's own words if it failed. */
function talk(control: Control, context: CliContext, message: string, sessionKey: string): Promise<void> {
  const runId = randomUUID();
  const printed = { text: "" };
  // An answer of its own, also where another run of the session goes.
  const asked = { sessionKey, message, queueMode: "followup" };
  const ended = new Promise<void>((resolve, reject) => {
    control.onEvent((event, payload) => {
      if (event === "chat" && payload.runId === runId) follow(payload, { printed, context, resolve, reject });
      if (event === "plugin.approval.requested" && payload.runId === runId) tellQuestion(payload, context);
    });
  });
  return control.request("chat.send", { ...asked, idempotencyKey: runId }).then(() => ended);
}

/** Standard error: the answer alone goes to standard output. */
function tellQuestion({ title, lines }: JsonObject, context: CliContext): void {
  const what = Array.isArray(lines) && lines.length > 0 ? `: ${lines.map(oneLine).join("; ")}` : "";
  context.writeError(
    `${oneLine(title ?? "A plugin asks")}${what}. Answer it on the page ("openclaw dashboard" prints its address)`,
  );
}

interface Following {
  readonly printed: { text: string };
  readonly context: CliContext;
  readonly resolve: () => void;
  readonly reject: (error: HostError) => void;
}

/** Whole lines are printed as they complete: what is piped on is never cut inside a line. */
function follow(payload: JsonObject, following: Following): void {
  const { printed, context } = following;
  if (payload.state === "delta" && typeof payload.deltaText === "string") {
    printed.text += payload.deltaText;
    const cut = printed.text.lastIndexOf("\n");
    if (cut < 0) return;
    context.write(printed.text.slice(0, cut));
    printed.text = printed.text.slice(cut + 1);
  } else if (payload.state === "final") {
    if (printed.text !== "") context.write(printed.text);
    following.resolve();
  } else if (payload.state === "error" || payload.state === "aborted") {
    const reason = typeof payload.errorMessage === "string" ? payload.errorMessage : "The run was stopped";
    following.reject(new HostError("model.broken", reason));
  }
}

function oneLine(value: JsonValue): string {
  return visible(typeof value === "string" ? value : JSON.stringify(value));
}
