/**
 * Name resolution that answers only with addresses which a plugin may reach.
 *
 * The socket connects to the very address that was checked here, so a name that resolves differently a moment
 * later (DNS rebinding) gains nothing. IP literals are not looked up; policy decides them.
 */
import { lookup as systemLookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { networkOf, type Network } from "./addresses.ts";
import { EffectError } from "./failure.ts";
import type { Reach } from "./policy.ts";

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

export const systemResolve: Resolve = (host) => systemLookup(host, { all: true, order: "verbatim" });

const REACHABLE: Record<Exclude<Reach, "literal" | "any">, ReadonlySet<Network>> = {
  public: new Set(["public"]),
  local: new Set(["public", "private", "loopback"]),
};

function isReachable(reach: Exclude<Reach, "literal">, address: string): boolean {
  return reach === "any" || REACHABLE[reach].has(networkOf(address));
}

export function createCheckedLookup(resolve: Resolve, reach: Exclude<Reach, "literal">): LookupFunction {
  return (host, options, callback) => {
    resolve(host)
      .then((addresses) => reachable(host, addresses, reach))
      .then(
        (addresses) => answer(addresses, options, callback),
        // oxlint-disable-next-line promise/no-callback-in-promise -- net's lookup takes a callback
        (thrown: NodeJS.ErrnoException) => callback(thrown, "", 0),
      );
  };
}

function reachable(
  host: string,
  addresses: readonly ResolvedAddress[],
  reach: Exclude<Reach, "literal">,
): readonly [ResolvedAddress, ...ResolvedAddress[]] {
  const [first, ...rest] = addresses.filter(({ address }) => isReachable(reach, address));
  if (first !== undefined) return [first, ...rest];
  const networks = [...new Set(addresses.map(({ address }) => networkOf(address)))].join(", ");
  throw new EffectError(
    "denied",
    `Cannot reach "${host}": it resolves into a ${networks || "missing"} network`,
    {
      fix: "If this is meant, declare the IP address itself in the manifest and grant it",
    },
  );
}

function answer(
  [first, ...rest]: readonly [ResolvedAddress, ...ResolvedAddress[]],
  options: { readonly all?: boolean | undefined; readonly family?: number | string | undefined },
  callback: Parameters<LookupFunction>[2],
): void {
  const all = [first, ...rest];
  if (options.all === true)
    return callback(
      null,
      all.map(({ address, family }) => ({ address, family })),
    );
  const chosen = all.find(({ family }) => family === options.family) ?? first;
  return callback(null, chosen.address, chosen.family);
}
