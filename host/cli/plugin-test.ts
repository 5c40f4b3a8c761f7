/**
 * `openclaw plugin test` and `openclaw plugin types`.
 *
 * Exit codes: 0 if every test passed, 1 if one failed or the plugin does not load, 2 for wrong usage. A plugin
 * without tests is still held to the conformance suite.
 */
import type { Command } from "commander";
import type { AuthorTestResult } from "#host/base/author.ts";
import { HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import type { CliContext } from "./control.ts";
import { parseObject, pluginFolder, readSecrets } from "./plugin-dev.ts";
import { indented } from "./print.ts";

interface TestFlags {
  readonly record?: boolean;
  readonly only?: string;
  readonly conformance?: boolean;
  readonly config?: JsonObject;
  readonly secrets?: string;
}

export function addPluginTest(plugin: Command, context: CliContext): void {
  plugin
    .command("test")
    .argument("[folder]", "of the plugin", ".")
    .description(
      "run a plugin's *.test.ts in isolates, against recorded effects, and what every plugin keeps to",
    )
    .option("--record", "do the effects for real and write them into fixtures/; secrets are never written")
    .option("--only <text>", "only tests whose name holds this text")
    .option("--conformance", "only what every plugin keeps to")
    .option("--config <json>", "the plugin's settings", parseObject)
    .option("--secrets <file>", "values of its secrets for --record, as JSON by name")
    .action((folder: string, flags: TestFlags) => runTests(context, folder, flags));
  plugin
    .command("types")
    .argument("[folder]", "of the plugin", ".")
    .description("write openclaw.plugin.d.ts and what editors need from the manifest")
    .action(async (folder: string) => {
      const author = await context.openAuthor();
      const written = await author.types(await pluginFolder(context.cwd, folder));
      (written.length === 0 ? ["All up to date."] : written.map((file) => `${file}: written`)).forEach(
        context.write,
      );
    });
}

async function runTests(context: CliContext, folder: string, flags: TestFlags): Promise<void> {
  const author = await context.openAuthor();
  const { passed, failed, recorded } = await author.test({
    folder: await pluginFolder(context.cwd, folder),
    config: flags.config ?? {},
    secrets: await readSecrets(context.cwd, flags.secrets),
    record: flags.record === true,
    only: flags.only ?? null,
    conformanceOnly: flags.conformance === true,
    show: (result) => resultLines(result).forEach(context.write),
  });
  if (recorded > 0)
    context.write(`${recorded} ${recorded === 1 ? "effect" : "effects"} recorded in fixtures/`);
  context.write(`${passed} passed, ${failed} failed`);
  if (failed > 0) throw new HostError("plugin.failed", `${failed} of ${passed + failed} tests failed`);
}

function resultLines({ file, name, problem, stack, console, ms }: AuthorTestResult): string[] {
  const title = `${problem === null ? "✓" : "✗"} ${file}: ${name} (${Math.round(ms)} ms)`;
  if (problem === null) return [title];
  return [
    title,
    ...indented(problem.split("\n")),
    ...(stack === null ? [] : stack.split("\n")),
    ...indented(
      console.flatMap((text) => text.split("\n")),
      "  │ ",
    ),
  ];
}
