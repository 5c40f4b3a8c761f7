/** What answers and what it can use: models, tools, agents. */
import * as v from "valibot";
import type { ModelsPort, PluginsPort } from "#host/gateway/ports.ts";
import type { ToolSummary } from "#host/base/plugin.ts";
import { modelRows, modelsStatus } from "#host/gateway/model-rows.ts";
import type { CatalogGroup } from "#host/gateway/protocol/status.ts";
import { MAIN_AGENT, MAIN_KEY, parseSessionKey, sessionKey } from "#host/gateway/session-key.ts";
import { defineMethod, type AnyMethod } from "./method.ts";

const agentId = v.optional(v.literal(MAIN_AGENT));

const modelsParams = v.strictObject({
  agentId,
  view: v.optional(v.picklist(["default", "configured", "provider-config", "all"])),
  refresh: v.optional(v.boolean()),
  preparedOnly: v.optional(v.boolean()),
  includeProviderCapabilities: v.optional(v.boolean()),
});

export function modelsMethod(models: ModelsPort): AnyMethod {
  return defineMethod({
    name: "models.list",
    scope: "operator.read",
    params: modelsParams,
    run: () => modelRows(models),
  });
}

export function modelsStatusMethod(models: ModelsPort): AnyMethod {
  return defineMethod({
    name: "models.status",
    scope: "operator.read",
    params: v.strictObject({}),
    run: () => modelsStatus(models),
  });
}

export function toolsMethod(plugins: PluginsPort): AnyMethod {
  return defineMethod({
    name: "tools.catalog",
    scope: "operator.read",
    params: v.strictObject({ agentId, includePlugins: v.optional(v.boolean(), true) }),
    async run({ includePlugins }) {
      const tools = await plugins.tools();
      const shown = includePlugins ? tools : tools.filter(({ origin }) => origin === "builtin");
      return { agentId: MAIN_AGENT, profiles: [{ id: "full", label: "Full" }], groups: toGroups(shown) };
    },
  });
}

/** One group for each plugin, in the order of the tools. */
function toGroups(tools: readonly ToolSummary[]): CatalogGroup[] {
  const byPlugin = Map.groupBy(tools, ({ pluginId }) => pluginId);
  return [...byPlugin].map(([pluginId, members]) => {
    const source = members[0]?.origin === "builtin" ? "core" : "plugin";
    return {
      id: `plugin:${pluginId}`,
      label: pluginId,
      source,
      pluginId,
      tools: members.map(({ name, description }) => ({
        id: name,
        label: name,
        description,
        source,
        pluginId,
        defaultProfiles: ["full"],
      })),
    };
  });
}

export function agentMethods(models: ModelsPort): readonly AnyMethod[] {
  return [
    defineMethod({
      name: "agents.list",
      scope: "operator.read",
      params: v.strictObject({}),
      run() {
        const { provider, model } = models.status();
        return {
          defaultId: MAIN_AGENT,
          mainKey: "main",
          scope: "per-sender",
          agents: [
            {
              id: MAIN_AGENT,
              name: MAIN_AGENT,
              identity: { name: MAIN_AGENT },
              model: { primary: `${provider}/${model}` },
            },
          ],
        };
      },
    }),
    defineMethod({
      name: "agent.identity.get",
      scope: "operator.read",
      params: v.strictObject({ agentId, sessionKey: v.optional(sessionKey, MAIN_KEY) }),
      run({ sessionKey: key }) {
        parseSessionKey(key);
        return { agentId: MAIN_AGENT, name: MAIN_AGENT, nameSource: "agent", avatar: "M" };
      },
    }),
  ];
}
