/** Plugins: what there is, and what their owner allows them. */
import * as v from "valibot";
import { toPluginRow } from "#host/gateway/plugin-rows.ts";
import type { PluginsPort } from "#host/gateway/ports.ts";
import type { PluginSummary } from "#host/base/plugin.ts";
import type { PluginAnswer, PluginsListAnswer } from "#host/gateway/protocol/plugins.ts";
import { defineMethod, type AnyMethod } from "./method.ts";

const ofOne = v.strictObject({ pluginId: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) });

const grantParams = v.strictObject({
  ...ofOne.entries,
  /** `request` of the row that the owner was shown. */
  request: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

const installParams = v.strictObject({
  /** A folder, a `.tgz` (both absolute) or a package name. */
  source: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
  /** Grant what it asks for without a question. */
  yes: v.optional(v.boolean(), false),
});

export function pluginMethods(plugins: PluginsPort): readonly AnyMethod[] {
  return [
    defineMethod({
      name: "plugins.list",
      scope: "operator.read",
      params: v.strictObject({}),
      run: () => toList(plugins.list()),
    }),
    defineMethod({
      name: "plugins.grant",
      scope: "operator.admin",
      params: grantParams,
      run: async ({ pluginId, request }) => answer(await plugins.grant(pluginId, request)),
    }),
    rightsMethod("plugins.deny", (id) => plugins.deny(id)),
    rightsMethod("plugins.revoke", (id) => plugins.revoke(id)),
    defineMethod({
      name: "plugins.install",
      scope: "operator.admin",
      params: installParams,
      run: async (params) => answer(await plugins.install(params)),
    }),
    defineMethod({
      name: "plugins.uninstall",
      scope: "operator.admin",
      params: ofOne,
      async run({ pluginId }) {
        await plugins.remove(pluginId);
        return { ok: true, pluginId, removed: [pluginId], restartRequired: false };
      },
    }),
  ];
}

function toList(plugins: readonly PluginSummary[]): PluginsListAnswer {
  return {
    plugins: plugins.map(toPluginRow),
    diagnostics: plugins.flatMap(({ id, problem }) =>
      problem === null ? [] : [{ level: "warn", message: `${id}: ${problem}` }],
    ),
    mutationAllowed: true,
  };
}

function rightsMethod(name: string, change: (pluginId: string) => Promise<PluginSummary>): AnyMethod {
  return defineMethod({
    name,
    scope: "operator.admin",
    params: ofOne,
    run: async ({ pluginId }) => answer(await change(pluginId)),
  });
}

function answer(plugin: PluginSummary): PluginAnswer {
  return { ok: true, plugin: toPluginRow(plugin), restartRequired: false };
}
