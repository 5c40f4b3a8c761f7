/**
 * What a plugin asks for beside what the operator's Squid lets through: a right that is granted and not listed
 * cannot be used, and its owner should read that before saying yes.
 */
import type { JsonObject } from "#host/base/json.ts";
import type { PluginsPort } from "#host/gateway/ports.ts";
import type { PluginSummary } from "#host/base/plugin.ts";
import { ASK, expandDomains } from "#manifests/domains.ts";
import { entryContains, toDstdomain, withoutCovered } from "#manifests/dstdomain.ts";
import { hostPatternsIn } from "#manifests/rights.ts";
import { isSameSet, type Rendered } from "./squid-rendered.ts";

/** Null where no list is configured. */
export type ReadAllowlist = () => readonly string[] | null;

/** The same port, with what its plugins wait for on every one. `configOf`: the owner's settings of one plugin. */
export function comparedWithAllowlist(
  plugins: PluginsPort,
  allowlist: ReadAllowlist,
  configOf: (pluginId: string) => JsonObject,
  rendered: () => Rendered | null,
): PluginsPort {
  const compare = (plugin: PluginSummary) => ({
    ...plugin,
    // What its owner switched off reaches nothing, and waits for nobody.
    outsideAllowlist:
      plugin.state === "disabled" ? [] : domainsOutside(plugin.asks, configOf(plugin.id), allowlist()),
    unknownToSquid: isUnknown(plugin, configOf(plugin.id), rendered()),
  });
  return {
    ...plugins,
    list: () => plugins.list().map(compare),
    grant: async (id, request) => compare(await plugins.grant(id, request)),
    deny: async (id) => compare(await plugins.deny(id)),
    revoke: async (id) => compare(await plugins.revoke(id)),
    install: async (request) => compare(await plugins.install(request)),
  };
}

/** `asks`: right lines. What they open, as entries for the list. */
function domainsOutside(
  asks: readonly string[],
  config: JsonObject,
  allowlist: readonly string[] | null,
): string[] {
  if (allowlist === null) return [];
  const entries = expandDomains(hostPatternsIn(asks), config).flatMap((domain) => entryOf(domain) ?? []);
  return withoutCovered(entries).filter((entry) => !allowlist.some((wide) => entryContains(wide, entry)));
}

function isUnknown({ id, holds }: PluginSummary, config: JsonObject, rendered: Rendered | null): boolean {
  if (rendered === null) return false;
  return !isSameSet(expandDomains(hostPatternsIn(holds), config), rendered.plugins[id] ?? []);
}

/** Squid's list knows no ports. */
function entryOf(domain: string): string | null {
  return domain === ASK ? null : toDstdomain(domain.replace(/:\d+$/, ""));
}
