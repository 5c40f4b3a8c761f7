/**
 * `openclaw audit …`: what plugins did and were refused, and whether the record of it was left alone.
 *
 * A record that does not hold is a failure with an exit code of its own, so that a watch can rely on it.
 */
import { InvalidArgumentError, type Command } from "commander";
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import type { CliContext, Control } from "./control.ts";
import { table } from "./print.ts";

type WithControl = (run: (control: Control) => Promise<void>) => Promise<void>;

interface ListOptions {
  readonly plugin?: string;
  readonly denied?: boolean;
  readonly limit: number;
  readonly json?: boolean;
}

export function addAuditCommands(program: Command, context: CliContext, withControl: WithControl): void {
  const audit = program.command("audit").description("what plugins did and were refused");
  audit
    .command("list")
    .description("the newest effects, each with its decision and outcome")
    .option("--plugin <id>", "of this plugin alone")
    .option("--denied", "refused ones alone")
    .option("--limit <number>", "at most so many, up to 500", limitNumber, 50)
    .option("--json", "as JSON, with the hashes")
    .action((options: ListOptions) => withControl((control) => list(control, context, options)));
  audit
    .command("verify")
    .description("whether every record is there and as it was written")
    .action(() => withControl((control) => verify(control, context)));
}

function limitNumber(text: string): number {
  const limit = Number(text);
  if (/^\d{1,3}$/.test(text) && limit >= 1 && limit <= 500) return limit;
  throw new InvalidArgumentError("A limit is a number from 1 to 500.");
}

async function list(control: Control, context: CliContext, options: ListOptions): Promise<void> {
  const { plugin, denied = false, limit } = options;
  const params = { deniedOnly: denied, limit, ...(plugin === undefined ? {} : { pluginId: plugin }) };
  const answer = await control.request("audit.effects.list", params);
  const effects =
    isJsonObject(answer) && Array.isArray(answer.effects) ? answer.effects.filter(isJsonObject) : [];
  if (options.json === true) return context.write(JSON.stringify(effects, null, 2));
  if (effects.length === 0) return context.write("No records.");
  const heading = ["SEQ", "TIME", "PLUGIN", "EFFECT", "DECISION", "OUTCOME", "TARGET"];
  table([heading, ...effects.map(row)]).forEach(context.write);
}

function row(effect: JsonObject): string[] {
  const { seq, at, plugin, kind, decision, outcome, target, reason, count } = effect;
  const times = typeof count === "number" && count > 1 ? ` (${count} times)` : "";
  const why = reason === "" ? "" : `: ${text(reason)}`;
  return [
    text(seq),
    new Date(Number(at)).toISOString(),
    text(plugin),
    text(kind),
    `${text(decision)}${times}`,
    text(outcome),
    `${text(target)}${why}`,
  ];
}

async function verify(control: Control, context: CliContext): Promise<void> {
  const verdict = await control.request("audit.verify");
  if (!isJsonObject(verdict)) throw new HostError("internal", "The gateway gave no verdict on the audit");
  if (verdict.intact !== true) {
    throw new HostError(
      "store.damaged",
      `The audit does not hold from record ${text(verdict.seq)} on (${text(verdict.where)}): ${text(verdict.reason)}`,
      { fix: "Compare with a backup; what comes before that record is as it was written" },
    );
  }
  const head = isJsonObject(verdict.head) ? verdict.head : {};
  context.write(
    `The audit holds: ${text(verdict.records)} records, ${text(verdict.files)} files of older ones.`,
  );
  context.write(`Last record ${text(head.seq)}, ${text(head.hash)}`);
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
