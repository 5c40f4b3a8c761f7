/**
 * What a plugin asks for beside what the operator's Squid lets through: a right that is granted and not listed
 * cannot be used, and its owner should read that before saying yes.
 */
import { isListed } from "#host/broker/allowlist.ts";
import type { PluginsPort, PluginSummary } from "#host/gateway/ports.ts";
import { ASK, parseHost } from "#manifests/domains.ts";

/** Null where no list is configured. */
export type ReadAllowlist = () => readonly string[] | null;

/** The same port, with `outsideAllowlist` on every plugin. */
export function comparedWithAllowlist(plugins: PluginsPort, allowlist: ReadAllowlist): PluginsPort {
  const compare = (plugin: PluginSummary) => ({
    ...plugin,
    outsideAllowlist: domainsOutside(plugin.asks, allowlist()),
  });
  return {
    ...plugins,
    list: () => plugins.list().map(compare),
    grant: async (id) => compare(await plugins.grant(id)),
    deny: async (id) => compare(await plugins.deny(id)),
    revoke: async (id) => compare(await plugins.revoke(id)),
    install: async (request) => compare(await plugins.install(request)),
  };
}

/** `asks`: right lines, of which those of hosts read `domain api.example.org` and `tcp imap.example.org:993`. */
function domainsOutside(asks: readonly string[], allowlist: readonly string[] | null): string[] {
  if (allowlist === null) return [];
  const domains = asks.flatMap((line) => /^(?:domain|tcp) (.+)$/.exec(line)?.slice(1) ?? []);
  return domains.filter(
    (domain) => domain !== ASK && !domain.startsWith("$") && !isCovered(domain, allowlist),
  );
}

/** A domain with all below it is covered only by an entry that means all below as well. */
function isCovered(domain: string, allowlist: readonly string[]): boolean {
  const below = domain.startsWith(".");
  const host = parseHost(below ? domain.slice(1) : domain)?.host ?? domain;
  return isListed(host, below ? allowlist.filter((entry) => entry.startsWith(".")) : allowlist);
}
