/**
 * `openclaw models …`: which models there are, which one answers, and getting another.
 *
 * `list` and `status` ask the gateway, or look themselves where none runs. `set` writes openclaw.json, which a running
 * gateway takes up; `pull` has Ollama download, with a bar on a terminal and a line for each step elsewhere.
 */
import type { Command } from "commander";
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import type { CliContext, Control } from "./control.ts";
import { modelLines, modelStatusLines } from "./model-lines.ts";
import { createPullView } from "./pull-view.ts";
import { listOf } from "./status-lines.ts";

type WithControl = (run: (control: Control) => Promise<void>) => Promise<void>;

interface Shown {
  readonly json?: boolean;
}

export function addModelCommands(program: Command, context: CliContext, withControl: WithControl): void {
  const models = program.command("models").description("language models: which there are, which one answers");
  models
    .command("list")
    .description("the models of every server that answers, the one that is used first")
    .option("--json", "as JSON")
    .action((options: Shown) => withControl((control) => list(control, context, options)));
  models
    .command("status")
    .description("which model answers and why, what is in memory, what is wrong")
    .option("--json", "as JSON")
    .action((options: Shown) => withControl((control) => status(control, context, options)));
  models
    .command("set")
    .argument("<provider/model>", 'for example "ollama/llama3.2"')
    .description("have this model answer, by agents.defaults.model in openclaw.json")
    .action((name: string) => set(name, context, withControl));
  models
    .command("pull")
    .argument("<name>", 'as https://ollama.com/library has it: "llama3.2:3b"; or "hf.co/OWNER/REPOSITORY"')
    .description("have Ollama download a model; Ctrl+C stops, and the next pull goes on from there")
    .action((name: string) => pull(name, context));
}

async function list(control: Control, context: CliContext, { json = false }: Shown): Promise<void> {
  const rows = rowsOf(await control.request("models.list"));
  if (json) return context.write(JSON.stringify(rows, null, 2));
  modelLines(rows).forEach(context.write);
}

async function status(control: Control, context: CliContext, { json = false }: Shown): Promise<void> {
  const answer = await control.request("models.status");
  if (json || !isJsonObject(answer)) return context.write(JSON.stringify(answer, null, 2));
  modelStatusLines(answer, Date.now()).forEach(context.write);
}

async function set(name: string, context: CliContext, withControl: WithControl): Promise<void> {
  const { path } = (await context.openModelTools()).setPrimary(name);
  context.write(`${path}: "${name}" answers from the next message on`);
  await withControl(async (control) => {
    const rows = rowsOf(await control.request("models.list"));
    const isListed = rows.some(({ provider, id }) => isSame(`${String(provider)}/${String(id)}`, name));
    if (!isListed) context.writeError(`No server lists "${name}" now. "openclaw models status" says why`);
  });
}

/** Ollama's `llama3.2` means `llama3.2:latest`. */
function isSame(listed: string, name: string): boolean {
  return listed === name || listed === `${name}:latest`;
}

async function pull(name: string, context: CliContext): Promise<void> {
  const tools = await context.openModelTools();
  const controller = new AbortController();
  void context.untilStopped().then(() => controller.abort());
  const view = createPullView(context);
  try {
    for await (const progress of tools.pull(name, controller.signal)) view.show(progress);
  } finally {
    view.end();
  }
  context.write(`"${name}" is installed. Use it with: openclaw models set ${setName(name)}`);
}

function setName(name: string): string {
  return name.startsWith("ollama/") ? name : `ollama/${name}`;
}

function rowsOf(answer: JsonValue): JsonObject[] {
  if (!isJsonObject(answer)) throw new HostError("internal", "The gateway gave no list of models");
  return listOf(answer.models);
}
