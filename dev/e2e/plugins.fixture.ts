/** Plugins for the tests from outside: written into a folder, and as a client of the gateway sees them. */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root, type Client } from "../gateway-process.ts";

/** Copies the smallest plugin into the state folder's `plugins/`. */
export async function copyDice(stateDir: string, name = "dice"): Promise<string> {
  const folder = join(stateDir, "plugins", name);
  await cp(join(root, "dev", "fixtures", "dice"), folder, { recursive: true });
  return folder;
}

/** A plugin with one tool of the same name as its id. `body` is what `execute` does. */
export async function writePlugin(
  folder: string,
  id: string,
  body: string,
  more: { readonly manifest?: object; readonly top?: string } = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const manifest = {
    id,
    version: "1.0.0",
    configSchema: { type: "object" },
    contracts: { tools: [id] },
    ...more.manifest,
  };
  await writeFile(join(folder, "openclaw.plugin.json"), JSON.stringify(manifest, null, 2));
  await writeFile(
    join(folder, "main.ts"),
    `import { defineTool } from "openclaw/sdk";
${more.top ?? ""}
export default defineTool({ name: "${id}", description: "Of a test",
  parameters: { type: "object", properties: {} },
  async execute(args, ctx) { ${body} } });
`,
  );
  return folder;
}

/** A plugin as `plugins.list` tells it, as far as tests read it. */
export interface PluginRow {
  readonly id: string;
  readonly version: string;
  readonly standing: string;
  readonly problem: string | null;
  readonly request: string | null;
}

export async function pluginRow(client: Client, id: string): Promise<PluginRow | null> {
  const { plugins } = (await client.request("plugins.list")) as { plugins: PluginRow[] };
  return plugins.find((plugin) => plugin.id === id) ?? null;
}

/** Grants what the plugin asks for now. */
export async function grantPlugin(client: Client, id: string): Promise<void> {
  const row = await pluginRow(client, id);
  await client.request("plugins.grant", { pluginId: id, request: row?.request ?? "" });
}

/** What a tool said, without the label of one that was outside. */
export function withoutLabel(content = ""): string {
  return content.replace(/^\[From outside: [^\n]*\]\n/, "");
}

export async function toolNames(client: Client): Promise<string[]> {
  const { groups } = (await client.request("tools.catalog")) as { groups: { tools: { id: string }[] }[] };
  return groups.flatMap(({ tools }) => tools.map(({ id }) => id));
}
