/**
 * Which host an address names, and whether a domain pattern of a manifest covers it.
 *
 * Pure. A name is compared as Squid's `dstdomain` compares it: `api.x.org` is that host alone, `.x.org` the
 * host and everything below it. `host:port` is one port; without one, a pattern covers 80 and 443. An IP
 * address is covered by the pattern that is that address, and by no other.
 */
import { isIP, isIPv6 } from "node:net";

export interface HostAddress {
  /**
   * Lower case, IDN as punycode, without a trailing dot or brackets; an IP address in its one spelling, which
   * for an IPv4 address inside IPv6 (`::ffff:127.0.0.1`) is the IPv4 address.
   */
  readonly host: string;
  /** Null where none was written, or the scheme's own. */
  readonly port: number | null;
  readonly isLiteral: boolean;
}

/** Not a host's name: the manifest's word for "let me ask the owner". */
export const ASK = "ask";

const CONFIG_PREFIX = "$config.";
const WEB_PORTS: readonly number[] = [80, 443];
const HOST_AND_PORT = /^(\[[\da-f:.]+\]|[^:/?#@\\\s[\]]+)(?::(\d{1,5}))?$/i;
const LABEL = /^[a-z0-9_-]{1,63}$/;
const MAX_NAME_CHARS = 253;

/** The host of a URL, of `host` or of `host:port`; null for what names none. */
export function parseHost(text: string): HostAddress | null {
  if (text.includes("://")) {
    const url = URL.parse(text);
    return url === null ? null : addressOf(url.hostname, url.port === "" ? null : Number(url.port));
  }
  const [, bare, port] = HOST_AND_PORT.exec(isIPv6(text) ? `[${text}]` : text) ?? [];
  const url = bare === undefined ? null : URL.parse(`http://${bare}`);
  if (url === null || Number(port ?? 0) > 65_535) return null;
  return addressOf(url.hostname, port === undefined ? null : Number(port));
}

/** Whether `pattern` covers this host and port. The host is as `parseHost` gives it. */
export function matchDomain(pattern: string, host: string, port: number): boolean {
  if (pattern === ASK) return false;
  const named = parseHost(pattern.startsWith(".") ? pattern.slice(1) : pattern);
  if (named === null) return false;
  return (named.port === null ? WEB_PORTS.includes(port) : named.port === port) && matchHost(pattern, host);
}

/** Whether `pattern` covers this host on whatever port: one line of a Squid `dstdomain` list. */
export function matchHost(pattern: string, host: string): boolean {
  const below = pattern.startsWith(".");
  const named = parseHost(below ? pattern.slice(1) : pattern);
  if (named === null || (below && named.isLiteral)) return false;
  return named.host === host || (below && isIP(host) === 0 && host.endsWith(`.${named.host}`));
}

/**
 * The patterns with each `$config.key` replaced by the host that the owner configured under that key (a
 * host, `host:port` or a URL; dots in the key step into objects). A key without a usable host gives nothing.
 */
export function expandDomains(
  patterns: readonly string[],
  config: Readonly<Record<string, unknown>>,
): readonly string[] {
  if (!patterns.some((pattern) => pattern.startsWith(CONFIG_PREFIX))) return patterns;
  return patterns.flatMap((pattern) => {
    if (!pattern.startsWith(CONFIG_PREFIX)) return [pattern];
    const value = valueAt(config, pattern.slice(CONFIG_PREFIX.length).split("."));
    const address = typeof value === "string" ? parseHost(value) : null;
    return address === null || address.host === ASK ? [] : [showHost(address)];
  });
}

/** `host` or `host:port`, an IPv6 address in brackets. */
export function showHost({ host, port }: Pick<HostAddress, "host" | "port">): string {
  const name = isIPv6(host) ? `[${host}]` : host;
  return port === null ? name : `${name}:${port}`;
}

function addressOf(hostname: string, port: number | null): HostAddress | null {
  const host = asIPv4(hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, ""));
  const isLiteral = isIP(host) !== 0;
  if (!isLiteral && (host.length > MAX_NAME_CHARS || !host.split(".").every((label) => LABEL.test(label)))) {
    return null;
  }
  return { host, port, isLiteral };
}

/** `::ffff:7f00:1` connects to 127.0.0.1, and Squid takes it for that. */
function asIPv4(host: string): string {
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(host) ?? [];
  if (high === undefined || low === undefined) return host;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join(".");
}

function valueAt(config: Readonly<Record<string, unknown>>, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string, unknown>)[key]
        : undefined,
    config,
  );
}
