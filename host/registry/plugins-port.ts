/** The registry as people's programs see it: the gateway's plugin methods, without anything of the host's. */
import type { Registry } from "./contract.ts";
import type { ToolSummary } from "#host/base/plugin.ts";

export function createPluginsPort(registry: Registry) {
  const { grant, deny, revoke, remove, install, onChange } = registry;
  return {
    list: registry.plugins,
    tools: async (): Promise<readonly ToolSummary[]> =>
      registry.tools().map(({ descriptor, pluginId, origin }) => {
        return { name: descriptor.name, description: descriptor.description, pluginId, origin };
      }),
    grant,
    deny,
    revoke,
    remove,
    install,
    onChange,
  };
}
