/**
 * `openclaw plugin …`: what is installed, what it asks for, what it holds.
 *
 * Guarantees that a right is given only by an explicit yes to what was shown: the answer to a question at a
 * terminal, `grant --request` with the request that was read, or `--yes`. Without a terminal nothing is asked, and the
 * plugin is left waiting.
 */
import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import type { Command } from "commander";
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject } from "#host/base/json.ts";
import type { CliContext, Control } from "./control.ts";
import { addPluginDev } from "./plugin-dev.ts";
import { addPluginNew } from "./plugin-new.ts";
import { addPluginTest } from "./plugin-test.ts";
import { grantLine, originOf, pluginLines, stateOf, text, unsetLines, WAITING } from "./plugin-lines.ts";
import { table } from "./print.ts";

type WithControl = (run: (control: Control) => Promise<void>) => Promise<void>;

export function addPluginCommands(program: Command, context: CliContext, withControl: WithControl): void {
  const plugin = program.command("plugin").description("add, inspect, grant and remove plugins");
  plugin
    .command("list")
    .description("every plugin with its state")
    .option("--json", "as JSON")
    .action((options: { json?: boolean }) =>
      withControl((control) => list(control, context, options.json === true)),
    );
  plugin
    .command("info")
    .argument("<id>")
    .description("one plugin: its tools, what it asks for and what it holds")
    .action((id: string) => withControl(async (control) => show(control, context, await find(control, id))));
  plugin
    .command("install")
    .argument("<source>", "a folder, a .tgz file, or the name of an npm package")
    .option("--yes", "grant what it asks for without a question")
    .description("copy, bundle, verify and pin a plugin")
    .action((source: string, options: { yes?: boolean }) =>
      withControl((control) => install(control, context, source, options.yes === true)),
    );
  addPluginNew(plugin, context);
  addPluginDev(plugin, context);
  addPluginTest(plugin, context);
  plugin
    .command("grant")
    .argument("<id>")
    .option("--request <hash>", 'only if it still asks for what "plugin info" showed with this hash')
    .option("--yes", "whatever it asks for now, without a question")
    .description("give a plugin the rights that it asks for")
    .action((id: string, options: GrantOptions) =>
      withControl((control) => grant(control, context, id, options)),
    );
  for (const [name, description] of ONE_STEP) {
    plugin
      .command(name)
      .argument("<id>")
      .description(description)
      .action((id: string) => withControl((control) => oneStep(control, context, name, id)));
  }
}

const ONE_STEP = [
  ["deny", "refuse the rights that a plugin asks for"],
  ["revoke", "take a plugin's rights away"],
  ["remove", "delete a plugin and its rights"],
] as const;

const METHODS = {
  deny: "plugins.deny",
  revoke: "plugins.revoke",
  remove: "plugins.uninstall",
} as const;

interface GrantOptions {
  readonly request?: string;
  readonly yes?: boolean;
}

async function grant(
  control: Control,
  context: CliContext,
  id: string,
  { request, yes }: GrantOptions,
): Promise<void> {
  if (request !== undefined) return grantShown(control, context, id, request);
  const plugin = await find(control, id);
  const shown = text(plugin.request);
  if (yes === true || shown === "") return grantShown(control, context, id, shown);
  await show(control, context, plugin);
  if (!context.interactive) {
    throw new HostError("request.invalid", `Cannot ask whether "${id}" may have these rights: no terminal`, {
      fix: `Read them, then run: ${grantLine(plugin)}`,
    });
  }
  if (await confirmed(plugin)) await grantShown(control, context, id, shown);
}

/** `request` names what was shown: the host refuses where the plugin asks for something else by now. */
async function grantShown(control: Control, context: CliContext, id: string, request: string): Promise<void> {
  const named = /^[0-9a-f]{64}$/.test(request) ? request : "0".repeat(64);
  const answer = await control.request("plugins.grant", { pluginId: id, request: named });
  if (isJsonObject(answer) && isJsonObject(answer.plugin)) await show(control, context, answer.plugin);
}

async function confirmed(plugin: JsonObject): Promise<boolean> {
  const { confirm } = await import("@clack/prompts");
  const message = `Give "${text(plugin.id)}" these rights?`;
  return (await confirm({ message, initialValue: false })) === true;
}

async function oneStep(
  control: Control,
  context: CliContext,
  step: keyof typeof METHODS,
  id: string,
): Promise<void> {
  const answer = await control.request(METHODS[step], { pluginId: id });
  const plugin = isJsonObject(answer) && isJsonObject(answer.plugin) ? answer.plugin : null;
  if (plugin === null) return context.write(`${id}: removed`);
  await show(control, context, plugin);
}

async function list(control: Control, context: CliContext, asJson: boolean): Promise<void> {
  const plugins = await all(control);
  if (asJson) return context.write(JSON.stringify(plugins, null, 2));
  if (plugins.length === 0) return context.write("No plugins.");
  const rows = plugins.map((entry) => [
    text(entry.id),
    text(entry.version),
    text(entry.category),
    originOf(entry),
    stateOf(entry),
  ]);
  table([["ID", "VERSION", "KIND", "ORIGIN", "STATE"], ...rows]).forEach(context.write);
}

async function install(control: Control, context: CliContext, source: string, yes: boolean): Promise<void> {
  const answer = await control.request("plugins.install", { source: locate(source, context.cwd), yes });
  const plugin = isJsonObject(answer) && isJsonObject(answer.plugin) ? answer.plugin : {};
  await show(control, context, plugin);
  if (!WAITING.has(text(plugin.standing))) return;
  const id = text(plugin.id);
  if (!context.interactive) return context.write(`It waits for you. Run: ${grantLine(plugin)}`);
  if (await confirmed(plugin)) await grantShown(control, context, id, text(plugin.request));
  else await oneStep(control, context, "deny", id);
}

/** An absolute path if it is one, otherwise the name as it stands. */
function locate(source: string, cwd: string): string {
  const path = isAbsolute(source) ? source : resolve(cwd, source);
  if (existsSync(path)) return path;
  if (!/^[./~]|\.t?gz$/.test(source)) return source;
  throw new HostError("request.invalid", `Cannot install "${source}": there is no such file or folder`, {
    fix: `Correct the path; it was looked for as ${path}`,
  });
}

async function find(control: Control, id: string): Promise<JsonObject> {
  const plugins = await all(control);
  const found = plugins.find((entry) => entry.id === id);
  if (found !== undefined) return found;
  const { closest, distance } = await import("fastest-levenshtein");
  const names = plugins.map((entry) => text(entry.id));
  const nearest = names.length === 0 ? null : closest(id, names);
  // A name that shares little with it is no help.
  const isNear = nearest !== null && distance(id, nearest) <= Math.max(2, id.length / 3);
  const fix = `${isNear ? `Did you mean "${nearest}"? ` : ""}See "openclaw plugin list"`;
  throw new HostError("plugin.unknown", `There is no plugin "${id}"`, { fix });
}

async function all(control: Control): Promise<JsonObject[]> {
  const answer = await control.request("plugins.list");
  const plugins = isJsonObject(answer) && Array.isArray(answer.plugins) ? answer.plugins : [];
  return plugins.filter(isJsonObject);
}

async function show(control: Control, context: CliContext, plugin: JsonObject): Promise<void> {
  const secrets = text(plugin.id) === "" ? null : await control.request("secrets.list");
  [...pluginLines(plugin), ...unsetLines(plugin, secrets)].forEach(context.write);
}
