/**
 * Which plugin answers to which tool's name. Pure.
 *
 * Guarantees that a name has one owner: the plugin that came first. A plugin that brings a taken name is
 * left out whole, since half of it would surprise everybody, and is told why.
 */
import type { ToolDescriptor } from "#host/sdk/tool.ts";
import type { PluginCode } from "#host/sandbox/contract.ts";
import type { PluginOrigin } from "#host/base/plugin.ts";

export interface ToolSource {
  readonly pluginId: string;
  readonly origin: PluginOrigin;
  readonly code: PluginCode;
  readonly tools: readonly ToolDescriptor[];
}

export interface RegisteredTool {
  readonly pluginId: string;
  readonly origin: PluginOrigin;
  readonly code: PluginCode;
  readonly descriptor: ToolDescriptor;
}

export interface ToolTable {
  readonly byName: ReadonlyMap<string, RegisteredTool>;
  /** The same, sorted by name: models are offered tools in a stable order. */
  readonly list: readonly RegisteredTool[];
  /** Why a plugin's tools are left out, by plugin id. */
  readonly conflicts: ReadonlyMap<string, string>;
}

/** `sources` in order of precedence. */
export function buildToolTable(sources: readonly ToolSource[]): ToolTable {
  const byName = new Map<string, RegisteredTool>();
  const conflicts = new Map<string, string>();
  for (const { tools, ...source } of sources) {
    const taken = tools.find((tool) => byName.has(tool.name));
    if (taken !== undefined) {
      const owner = byName.get(taken.name)?.pluginId ?? "";
      conflicts.set(
        source.pluginId,
        `Cannot use "${source.pluginId}": its tool "${taken.name}" is already given by "${owner}". Rename the tool or remove one of the two`,
      );
      continue;
    }
    for (const descriptor of tools) byName.set(descriptor.name, { ...source, descriptor });
  }
  const list = [...byName.values()].sort((a, b) => (a.descriptor.name < b.descriptor.name ? -1 : 1));
  return { byName, list, conflicts };
}
