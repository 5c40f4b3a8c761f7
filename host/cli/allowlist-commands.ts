/**
 * `openclaw allowlist …`: the operator's Squid allowlist, and what plugins wait for because of it.
 *
 * The list is edited here, by whoever may write the file, and never by the gateway. Exit code 1 says that
 * something still waits, so that scripts can ask.
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import { hostPatternsIn } from "#manifests/rights.ts";
import type { CliContext, Control } from "./control.ts";
import { indented } from "./print.ts";

export interface AllowlistDeps {
  readonly context: CliContext;
  readonly withControl: (run: (control: Control) => Promise<void>) => Promise<void>;
  /** Makes the exit code 1. */
  readonly fail: () => void;
}

interface RenderOptions {
  readonly to?: string;
  readonly at?: string;
  readonly log: string;
  readonly auth: string;
}

const APPLY = 'Squid takes it up after "openclaw allowlist render" and "squid -k reconfigure".';

export function addAllowlistCommands(program: Command, deps: AllowlistDeps): void {
  const { context, withControl } = deps;
  const allowlist = program
    .command("allowlist")
    .description("the hosts that the operator's Squid lets plugins reach");
  allowlist
    .command("show")
    .description("the list, and what each plugin waits for because of it")
    .action(async () => {
      const files = await context.openOperatorFiles();
      const entries = files.entries();
      context.write(`${files.path}: ${entries.length === 1 ? "1 entry" : `${entries.length} entries`}`);
      indented(entries).forEach(context.write);
      await withControl(async (control) => void (await showWaiting(control, context)));
    });
  allowlist
    .command("add")
    .argument("<domain...>", '"api.example.org", or ".example.org" for it and all below')
    .description("let plugins that were granted these hosts reach them")
    .action(async (domains: string[]) => {
      const { path, add } = await context.openOperatorFiles();
      const { added, removed } = add(domains);
      context.write(`${path}: added ${added.join(", ")}`);
      if (removed.length > 0) context.write(`Covered by that and taken out: ${removed.join(", ")}`);
      context.write(APPLY);
    });
  allowlist
    .command("remove")
    .argument("<domain>", "an entry of the list")
    .description("let no plugin reach this host any more")
    .action(async (domain: string) => {
      const { path, remove } = await context.openOperatorFiles();
      context.write(`${path}: removed ${remove(domain).removed.join(", ")}`);
      context.write(APPLY);
    });
  allowlist
    .command("check")
    .argument("[domain]", "one host; without it, everything that plugins were granted or ask for")
    .description("whether the list lets a host through; exit code 1 if not")
    .action((domain?: string) => (domain === undefined ? checkAll(deps) : checkOne(deps, domain)));
  allowlist
    .command("render")
    .description("write squid.conf and its users, from the list and from what plugins were granted")
    .option("--to <folder>", "write there instead of beside the list")
    .option("--at <folder>", "where Squid will find the files, if that is another place")
    .option("--log <file>", "where Squid writes its log", "/var/log/squid/access.log")
    .option("--auth <program>", "Squid's basic_ncsa_auth", "/usr/lib/squid/basic_ncsa_auth")
    .action((options: RenderOptions) => withControl((control) => render(control, context, options)));
}

async function checkOne({ context, fail }: AllowlistDeps, domain: string): Promise<void> {
  const files = await context.openOperatorFiles();
  const entry = files.coveredBy(domain);
  if (entry !== null) return context.write(`"${domain}" is let through by "${entry}"`);
  fail();
  context.write(`"${domain}" is not let through. Run: openclaw allowlist add ${domain}`);
}

async function checkAll({ context, withControl, fail }: AllowlistDeps): Promise<void> {
  (await context.openOperatorFiles()).entries();
  await withControl(async (control) => {
    if (await showWaiting(control, context)) fail();
  });
}

/** True if some plugin waits for an entry. */
async function showWaiting(control: Control, context: CliContext): Promise<boolean> {
  const waiting = (await plugins(control)).flatMap((plugin) => {
    const domains = texts(plugin.outsideAllowlist);
    return domains.length === 0 ? [] : [{ id: String(plugin.id), domains }];
  });
  if (waiting.length === 0) context.write("No plugin waits for an entry.");
  for (const { id, domains } of waiting)
    context.write(`"${id}" waits for Squid. Run: openclaw allowlist add ${domains.join(" ")}`);
  return waiting.length > 0;
}

async function render(control: Control, context: CliContext, options: RenderOptions): Promise<void> {
  const files = await context.openOperatorFiles();
  const folder = resolve(context.cwd, options.to ?? resolve(files.path, ".."));
  const granted = (await plugins(control)).map(
    (plugin) => [String(plugin.id), hostPatternsIn(texts(plugin.holds))] as const,
  );
  const { at = null, log, auth } = options;
  await files.renderSquid(new Map(granted), { folder, at, log, authProgram: auth });
  context.write(`Wrote squid.conf and users to ${folder}`);
}

async function plugins(control: Control): Promise<JsonObject[]> {
  const answer = await control.request("plugins.list");
  return isJsonObject(answer) && Array.isArray(answer.plugins) ? answer.plugins.filter(isJsonObject) : [];
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
