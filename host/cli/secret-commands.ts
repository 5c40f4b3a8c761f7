/**
 * `openclaw secret …`: the secrets that plugins use without seeing them.
 *
 * A value comes from standard input or from a prompt that does not show it, never from an argument: arguments
 * stand in the shell's history and in every list of processes. No command prints one; `export` writes them
 * encrypted.
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import type { CliContext, Control } from "./control.ts";
import { table } from "./print.ts";

type WithControl = (run: (control: Control) => Promise<void>) => Promise<void>;

export function addSecretCommands(program: Command, context: CliContext, withControl: WithControl): void {
  const secret = program
    .command("secret")
    .description("keys and tokens that plugins use without seeing them");
  secret
    .command("list")
    .description("which are set, and which a plugin waits for")
    .option("--json", "as JSON")
    .action((options: { json?: boolean }) =>
      withControl((control) => list(control, context, options.json === true)),
    );
  secret
    .command("set")
    .argument("<plugin>")
    .argument("<name>", "as the plugin's manifest has it")
    .description("set one; its value is asked for, or read from standard input")
    .action(async (plugin: string, name: string) => {
      const value = await readHidden(context, `Value of "${name}" for "${plugin}"`);
      await withControl((control) => set(control, context, plugin, name, value));
    });
  secret
    .command("remove")
    .argument("<plugin>")
    .argument("<name>")
    .description("delete one")
    .action((plugin: string, name: string) =>
      withControl((control) => remove(control, context, plugin, name)),
    );
  secret
    .command("export")
    .argument("<file>", "made new; it holds every secret, encrypted under a passphrase")
    .description("write all of them into a file; the passphrase is asked for, or read from standard input")
    .action(async (file: string) => {
      const passphrase = await readHidden(context, "Passphrase for the file");
      await withControl((control) => exportTo(control, context, resolve(context.cwd, file), passphrase));
    });
  secret
    .command("import")
    .argument("<file>")
    .description("set all that a file holds; the passphrase is asked for, or read from standard input")
    .action(async (file: string) => {
      const passphrase = await readHidden(context, "Passphrase of the file");
      await withControl((control) => importFrom(control, context, resolve(context.cwd, file), passphrase));
    });
}

async function list(control: Control, context: CliContext, asJson: boolean): Promise<void> {
  const answer = await control.request("secrets.list");
  const secrets =
    isJsonObject(answer) && Array.isArray(answer.secrets) ? answer.secrets.filter(isJsonObject) : [];
  if (asJson) return context.write(JSON.stringify(secrets, null, 2));
  if (secrets.length === 0) return context.write("No secrets: none is set, and no plugin uses one.");
  table([["PLUGIN", "NAME", "USE", "SET"], ...secrets.map(row)]).forEach(context.write);
}

function row({ pluginId, name, use, setAt }: JsonObject): string[] {
  const when =
    typeof setAt === "number" ? new Date(setAt).toISOString().slice(0, 16).replace("T", " ") : "not set";
  return [text(pluginId), text(name), use === null ? "not used" : text(use), when];
}

async function set(
  control: Control,
  context: CliContext,
  pluginId: string,
  name: string,
  value: string,
): Promise<void> {
  const answer = await control.request("secrets.set", { pluginId, name, value });
  const isUsed = isJsonObject(answer) && typeof answer.use === "string";
  context.write(`${pluginId} ${name}: set`);
  if (!isUsed)
    context.write(`"${pluginId}" holds no right to a secret of that name now: nothing uses it yet.`);
}

async function remove(control: Control, context: CliContext, pluginId: string, name: string): Promise<void> {
  const answer = await control.request("secrets.remove", { pluginId, name });
  if (isJsonObject(answer) && answer.removed === true) return context.write(`${pluginId} ${name}: removed`);
  throw new HostError(
    "request.invalid",
    `Cannot remove the secret "${name}" of "${pluginId}": it is not set`,
    {
      fix: 'See "openclaw secret list"',
    },
  );
}

async function exportTo(
  control: Control,
  context: CliContext,
  path: string,
  passphrase: string,
): Promise<void> {
  const answer = await control.request("secrets.export", { passphrase });
  const bundle = isJsonObject(answer) ? text(answer.text) : "";
  try {
    await writeFile(path, bundle, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    const why = existsSync(path) ? "it exists already" : String((cause as NodeJS.ErrnoException).code);
    throw new HostError("request.invalid", `Cannot write "${path}": ${why}`, {
      fix: "Name a file that can be made new",
      cause,
    });
  }
  context.write(`${path}: written`);
}

async function importFrom(
  control: Control,
  context: CliContext,
  path: string,
  passphrase: string,
): Promise<void> {
  const bundle = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new HostError("request.invalid", `Cannot read "${path}": ${cause.code}`, { cause });
  });
  const answer = await control.request("secrets.import", { text: bundle, passphrase });
  const count = isJsonObject(answer) ? Number(answer.count) : 0;
  context.write(`${count} ${count === 1 ? "secret" : "secrets"} set`);
}

/** The line break that an editor or `echo` puts at the end does not belong to the value. */
async function readHidden(context: CliContext, message: string): Promise<string> {
  if (!context.interactive) return (await context.readInput()).replace(/\r?\n$/, "");
  const { isCancel, password } = await import("@clack/prompts");
  const value = await password({ message });
  if (isCancel(value)) throw new HostError("aborted", "Nothing was done");
  return value;
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
