/**
 * What kind of network an IP address belongs to.
 *
 * Pure. Everything that is not plainly an address of the public internet has a name here and is refused
 * unless a right opens it. Sources: the IANA special-purpose registries for IPv4 (RFC 6890 and its updates)
 * and IPv6, and the clouds' own metadata addresses.
 */
import { BlockList, isIP } from "node:net";

export type Network =
  "public" | "loopback" | "private" | "link-local" | "metadata" | "multicast" | "translated" | "reserved";

/** Looked up from the top: the first that holds the address names it. */
const TABLE: readonly (readonly [Exclude<Network, "public">, readonly string[]])[] = [
  [
    "metadata",
    [
      "169.254.169.254/32", // AWS, Azure, Google Cloud, OpenStack
      "169.254.170.2/32", // AWS ECS task credentials
      "169.254.170.23/32", // AWS EKS pod identity
      "100.100.100.200/32", // Alibaba Cloud
      "192.0.0.192/32", // Oracle Cloud
      "168.63.129.16/32", // Azure's host agent
      "fd00:ec2::254/128", // AWS over IPv6
      "fd00:ec2::23/128", // AWS EKS over IPv6
      "fd20:ce::254/128", // Google Cloud over IPv6
      "fd00:42::42/128", // Scaleway over IPv6
    ],
  ],
  ["loopback", ["127.0.0.0/8", "::1/128"]],
  [
    "private",
    [
      "10.0.0.0/8", // RFC 1918
      "172.16.0.0/12",
      "192.168.0.0/16",
      "100.64.0.0/10", // carrier-grade NAT, RFC 6598; also Tailscale
      "fc00::/7", // unique local, RFC 4193
      "fec0::/10", // site-local, RFC 3879
    ],
  ],
  ["link-local", ["169.254.0.0/16", "fe80::/10"]],
  ["multicast", ["224.0.0.0/4", "ff00::/8", "255.255.255.255/32"]],
  [
    "translated", // an IPv4 address stands inside: it could be a private one
    [
      "::ffff:0:0/96", // IPv4-mapped, RFC 4291
      "::ffff:0:0:0/96", // IPv4-translated, RFC 2765
      "64:ff9b::/96", // NAT64, RFC 6052
      "64:ff9b:1::/48", // NAT64 with a local prefix, RFC 8215
      "2001::/32", // Teredo, RFC 4380
      "2002::/16", // 6to4, RFC 3056
      "192.88.99.0/24", // 6to4 relays, RFC 7526
    ],
  ],
  [
    "reserved",
    [
      "0.0.0.0/8", // "this network", RFC 791; Linux connects it to itself
      "192.0.0.0/24", // IETF protocol assignments, RFC 6890
      "192.0.2.0/24", // documentation, RFC 5737
      "198.51.100.0/24",
      "203.0.113.0/24",
      "198.18.0.0/15", // benchmarks, RFC 2544
      "240.0.0.0/4", // RFC 1112
      "::/96", // unspecified, and IPv4-compatible, RFC 4291
      "100::/64", // discard, RFC 6666
      "100:0:0:1::/64", // dummy, RFC 9780
      "2001:2::/48", // benchmarks, RFC 5180
      "2001:10::/28", // ORCHID, RFC 4843
      "2001:20::/28", // ORCHIDv2, RFC 7343
      "2001:db8::/32", // documentation, RFC 3849
      "3fff::/20", // documentation, RFC 9637
      "5f00::/16", // segment routing, RFC 9602
    ],
  ],
];

/** Only these blocks of IPv6 are given out at all (IANA, global unicast). */
const GLOBAL_IPV6 = blockList(["2000::/3"]);
/** IPv4 and IPv6 stand apart: a list of both would take `::ffff:a.b.c.d` for `a.b.c.d`. */
const LISTS = TABLE.map(([network, ranges]) => ({
  network,
  v4: blockList(ranges.filter((range) => !range.includes(":"))),
  v6: blockList(ranges.filter((range) => range.includes(":"))),
}));

/** The network of an IP literal in its normal spelling. What is no IP address counts as reserved. */
export function networkOf(literal: string): Network {
  const address = literal.replace(/%.*/s, ""); // a zone, as in fe80::1%eth0
  const version = isIP(address);
  if (version === 0) return "reserved";
  const found =
    version === 4
      ? LISTS.find((list) => list.v4.check(address, "ipv4"))
      : LISTS.find((list) => list.v6.check(address, "ipv6"));
  if (found !== undefined) return found.network;
  return version === 4 || GLOBAL_IPV6.check(address, "ipv6") ? "public" : "reserved";
}

/** What of IPv6 lies outside of `2000::/3`, but for `0::/16`, in which Squid keeps IPv4 (`::ffff:a.b.c.d`). */
const NOT_GLOBAL_IPV6 =
  "1::/16 2::/15 4::/14 8::/13 10::/12 20::/11 40::/10 80::/9 100::/8 200::/7 400::/6 800::/5 1000::/4 4000::/2 8000::/1";

/**
 * All ranges that are not public, for Squid's `dst`, none inside another. `::ffff:0:0/96` is left out: for Squid
 * that is every IPv4 address.
 */
export function rangesNotPublic(): string[] {
  const all = [...TABLE.flatMap(([, ranges]) => ranges), ...NOT_GLOBAL_IPV6.split(" ")];
  const bits = (range: string) => Number(range.split("/")[1]);
  const seen = { v4: new BlockList(), v6: new BlockList() };
  const kept: string[] = [];
  for (const range of all.filter((one) => one !== "::ffff:0:0/96").sort((a, b) => bits(a) - bits(b))) {
    const [address = ""] = range.split("/");
    const [list, family] = address.includes(":") ? [seen.v6, "ipv6" as const] : [seen.v4, "ipv4" as const];
    if (list.check(address, family)) continue;
    list.addSubnet(address, bits(range), family);
    kept.push(range);
  }
  return kept;
}

/** RFC 6761, 6762, 8375, ICANN's `.internal`, and what routers use without asking. */
const LOCAL_SUFFIXES = ["localhost", "local", "internal", "home.arpa", "lan"];

/** True for a name that means nothing on the public internet: `localhost`, `nas.local`, a name without a dot. */
export function isLocalName(host: string): boolean {
  return !host.includes(".") || LOCAL_SUFFIXES.some((suffix) => host.endsWith(`.${suffix}`));
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    list.addSubnet(address, Number(bits), address.includes(":") ? "ipv6" : "ipv4");
  }
  return list;
}
