/**
 * The lines of a Squid `dstdomain` list, read as Squid 5 reads them.
 *
 * Pure. Guarantees that an entry which is accepted here lets through the same hosts here as in Squid.
 * Refuses what Squid would take and match otherwise than it reads: a dot before an address (`.0.0.1` is
 * every address that ends so), and spellings that Squid never matches (`x.org.`, `::1`, `bücher.example`).
 */
import { isIPv6 } from "node:net";
import { parseHost, showHost } from "./domains.ts";

/**
 * Addresses that Squid matches with no entry: "any address", and those of RFC 4291's abandoned form `::a.b.c.d`,
 * which it spells otherwise than URLs do.
 */
const NEVER_MATCHED = /^(?:0\.0\.0\.0|::|::[\da-f]+:[\da-f]+)$/;

/** The one spelling of an entry: what the list should say. Null for what names no host. */
export function toDstdomain(text: string): string | null {
  const below = text.startsWith(".") ? "." : "";
  const name = text.slice(below.length);
  if (/[/%?#@\\]/.test(name)) return null;
  const address = parseHost(name);
  if (address === null || address.port !== null || (below !== "" && address.isLiteral)) return null;
  if (NEVER_MATCHED.test(address.host)) return null;
  return below + showHost({ ...address, port: null });
}

/** Whether this is an entry as it should stand in a list. Letters have no case. */
export function isDstdomain(text: string): boolean {
  return toDstdomain(text) === text.toLowerCase();
}

/** Whether an entry lets a host through. Both are in their one spelling; an IPv6 address has no brackets. */
export function entryCovers(entry: string, host: string): boolean {
  if (!entry.startsWith(".")) return entry === (isIPv6(host) ? `[${host}]` : host);
  return host.endsWith(entry) || host === entry.slice(1);
}

/** Whether every host that `narrow` lets through is let through by `wide` too. */
export function entryContains(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  return wide.startsWith(".") && (narrow.endsWith(wide) || narrow === wide.slice(1));
}

/** The same hosts in as few entries as will do: Squid ends with an error over some lists that overlap. */
export function withoutCovered(entries: readonly string[]): string[] {
  const once = [...new Set(entries)];
  const wide = new Set(once.filter((entry) => entry.startsWith(".")));
  return once.filter((entry) => ![...parentsOf(entry)].some((parent) => wide.has(parent)));
}

/** Each entry with a dot that contains this one: `.b.org` and `.org` for `.a.b.org`. */
function* parentsOf(entry: string): Generator<string> {
  const isBelow = entry.startsWith(".");
  const name = isBelow ? entry.slice(1) : entry;
  if (!isBelow) yield `.${name}`;
  for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) yield name.slice(dot);
}
