/** `openclaw plugin new` and `openclaw plugin pack`. */
import { relative, resolve } from "node:path";
import type { Command } from "commander";
import type { CliContext } from "./control.ts";
import { pluginFolder } from "./plugin-dev.ts";
import { indented } from "./print.ts";

export function addPluginNew(plugin: Command, context: CliContext): void {
  plugin
    .command("new")
    .argument("<kind>", "tool, skill, channel or route")
    .argument("<id>", 'its name: lower-case letters, digits and "-"')
    .argument("[folder]", "where it is made; a folder of its name if left out")
    .description("write a plugin that works, with a test")
    .action(async (kind: string, id: string, folder: string = id) => {
      const author = await context.openAuthor();
      const written = await author.create(kind, id, resolve(context.cwd, folder));
      context.write(`${folder}: ${written.filter((path) => !path.startsWith(".")).join(", ")}`);
      context.write(`Next: openclaw plugin dev ${folder}`);
    });
  plugin
    .command("pack")
    .argument("[folder]", "of the plugin", ".")
    .option("--into <folder>", "where the file is put", ".")
    .description("bundle a plugin into the one file that others install, and say what it asks for")
    .action(async (folder: string, { into }: { into: string }) => {
      const author = await context.openAuthor();
      const packed = await author.pack(await pluginFolder(context.cwd, folder), resolve(context.cwd, into));
      context.write(`${relative(context.cwd, packed.file)}: ${packed.bytes} bytes, sha256 ${packed.sha256}`);
      indented([`holds ${packed.files.join(", ")}`]).forEach(context.write);
      const asks = packed.asks.length === 0 ? ["asks for nothing"] : ["asks for:", ...indented(packed.asks)];
      indented(asks).forEach(context.write);
    });
}
