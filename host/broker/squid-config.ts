/**
 * Squid's configuration, written from the operator's allowlist and from what each plugin was granted.
 *
 * Squid then decides every host a second time: the plugin by its password, its own hosts and ports, the
 * operator's list, and that the name is on the public internet. What none of these rules allows is refused.
 * A name is looked up only after all rules about names let it through: asking for it would already tell it.
 */
import type { SQUID } from "#host/base/limits.ts";
import { ASK, parseHost } from "#manifests/domains.ts";
import { toDstdomain, withoutCovered } from "#manifests/dstdomain.ts";
import { isLocalName, rangesNotPublic } from "./addresses.ts";
import { squidUser } from "./squid-users.ts";

export interface SquidPlugin {
  readonly id: string;
  /** The patterns that it was granted, `$config.key` replaced by the host. */
  readonly domains: readonly string[];
}

export interface SquidSettings {
  /** What `http_port` takes: `3128`, or `127.0.0.1:3128`. */
  readonly listen: string;
  readonly allowlist: readonly string[];
  readonly plugins: readonly SquidPlugin[];
  /** Where Squid finds the file of `renderSquidUsers`. */
  readonly usersFile: string;
  /** The `basic_ncsa_auth` that comes with Squid. */
  readonly authProgram: string;
  /** Where Squid writes its log. */
  readonly accessLog: string;
  readonly limits: SquidLimits;
  /** Networks that no name may lead to. */
  readonly refusedNetworks?: readonly string[];
}

/** Those of `host/base/limits.ts`, or a test's own. */
export type SquidLimits = { readonly [Name in keyof typeof SQUID]: number };

/** The whole of `squid.conf`. The same settings give the same text. */
export function renderSquidConfig(settings: SquidSettings): string {
  const plugins = [...settings.plugins].sort((a, b) => (a.id < b.id ? -1 : 1)).map(planOf);
  const sections = [
    ["Written by `openclaw allowlist render`: change the allowlist or the grants, not this file.", []],
    ["Who asks: every plugin is a user.", identity(settings)],
    ["What may be asked for at all.", common(settings, plugins)],
    ...plugins.map((plugin, index) => [`Plugin ${plugin.id}`, rulesOf(plugin, `p${index + 1}`)] as const),
    ["Nothing else.", ["http_access deny all"]],
    ["The record: who, what, whereto, how it ended, how much.", record(settings)],
    ["No plugin takes the line from the others.", rates(settings.limits)],
    ["Nothing is kept, and nothing is told about the way.", DISCRETION],
  ] as const;
  return sections.map(([title, lines]) => [`# ${title}`, ...lines, ""].join("\n")).join("\n");
}

/** What a plugin may reach, by port: null stands for the web's own. */
interface Plan {
  readonly id: string;
  readonly mayAsk: boolean;
  readonly groups: readonly Group[];
}

interface Group {
  readonly port: number | null;
  /** Addresses and local names were granted as such, so they may lie inside. */
  readonly isInside: boolean;
  readonly entries: readonly string[];
}

function planOf({ id, domains }: SquidPlugin): Plan {
  const groups = new Map<string, Group>();
  for (const domain of domains) {
    const below = domain.startsWith(".") ? "." : "";
    const address = parseHost(domain.slice(below.length));
    const entry = address === null || domain === ASK ? null : toDstdomain(below + withoutPort(domain, below));
    if (address === null || entry === null) continue;
    const isInside = address.isLiteral || isLocalName(address.host);
    const key = `${address.port} ${isInside}`;
    const entries = [...(groups.get(key)?.entries ?? []), entry];
    groups.set(key, { port: address.port, isInside, entries });
  }
  return {
    id,
    mayAsk: domains.includes(ASK),
    groups: [...groups.values()].map((group) => ({ ...group, entries: withoutCovered(group.entries) })),
  };
}

function withoutPort(domain: string, below: string): string {
  return domain.slice(below.length).replace(/:\d+$/, "");
}

function identity({ listen, usersFile, authProgram }: SquidSettings): string[] {
  return [
    `http_port ${listen}`,
    `auth_param basic program ${authProgram} ${usersFile}`,
    "auth_param basic children 2 startup=1 idle=1",
    "auth_param basic realm openclaw",
    "auth_param basic casesensitive on",
    "auth_param basic credentialsttl 1 minute",
    "acl plugins proxy_auth REQUIRED",
  ];
}

function common(
  { allowlist, limits, refusedNetworks = rangesNotPublic() }: SquidSettings,
  plans: readonly Plan[],
) {
  const ports = new Set([443, ...plans.flatMap(({ groups }) => groups.flatMap(({ port }) => port ?? []))]);
  const entries = withoutCovered(allowlist);
  return [
    ...refusedNetworks.map((range) => `acl inside dst ${range}`),
    "acl web port 80 443",
    ...[...ports].sort((a, b) => a - b).map((port) => `acl tunnel port ${port}`),
    "acl plain proto HTTP",
    `acl crowded maxconn ${limits.connections}`,
    // A list without an entry is an error to Squid; this name cannot exist (RFC 6761).
    ...(entries.length === 0 ? ["nothing.invalid"] : entries).map(
      (entry) => `acl listed dstdomain -n ${entry}`,
    ),
    "http_access deny manager",
    "http_access deny !plugins",
    "http_access deny crowded",
    "http_access deny CONNECT !tunnel",
    "http_access deny !CONNECT !plain",
    "http_access deny !listed",
  ];
}

function rulesOf({ id, mayAsk, groups }: Plan, name: string): string[] {
  const rules = groups.flatMap(({ port, isInside, entries }) => {
    const list = `${name}_${port ?? "web"}${isInside ? "_inside" : ""}`;
    const portAcl = port === null ? "web" : `${list}_port`;
    return [
      ...entries.map((entry) => `acl ${list} dstdomain -n ${entry}`),
      ...(port === null ? [] : [`acl ${portAcl} port ${port}`]),
      `http_access allow ${name} ${list} ${portAcl}${isInside ? "" : " !inside"}`,
    ];
  });
  // It asks its owner for each host; here the operator's list alone decides.
  const asked = mayAsk ? [`http_access allow ${name} web !inside`] : [];
  return [`acl ${name} proxy_auth ${squidUser(id)}`, ...rules, ...asked];
}

function record({ accessLog }: SquidSettings): string[] {
  const fields = [
    "time=%{%Y-%m-%dT%H:%M:%S}tg.%03tuZ",
    "plugin=%[un",
    "method=%rm",
    'url="%ru"',
    "status=%>Hs",
    "result=%Ss/%Sh",
    "to=%<a:%<p",
    "sent=%>st",
    "received=%<st",
    "ms=%tr",
  ];
  return [
    `logformat openclaw ${fields.join(" ")}`,
    `access_log stdio:${accessLog} logformat=openclaw`,
    // The query is where data would be carried out.
    "strip_query_terms off",
    "buffered_logs off",
  ];
}

/** Class 4 counts by user; -1 is no bound. */
function rates({ bytesPerSecond, burstBytes }: SquidLimits): string[] {
  return [
    "delay_pools 1",
    "delay_class 1 4",
    "delay_access 1 allow all",
    `delay_parameters 1 -1/-1 -1/-1 -1/-1 ${bytesPerSecond}/${burstBytes}`,
    "delay_initial_bucket_level 100",
  ];
}

const DISCRETION: readonly string[] = [
  "cache deny all",
  "cache_mem 8 MB",
  "via off",
  "forwarded_for delete",
  "httpd_suppress_version_string on",
  "visible_hostname squid",
  "icp_port 0",
  "pinger_enable off",
  "netdb_filename none",
  // The address that was checked is the one that is connected to: an answer of the DNS holds for a minute,
  // whatever it says itself.
  "negative_dns_ttl 60 seconds",
  "shutdown_lifetime 2 seconds",
];
