/**
 * The connections that plugins use: one pool for each plugin, so that no plugin can use up another's, nor send
 * over a connection that another one opened.
 *
 * With a proxy, every connection goes to it and carries the plugin's id as proxy user; the host resolves no
 * names and never goes direct. Without one, names are resolved and checked here.
 */
import type * as undiciTypes from "undici";
import type { Dispatcher } from "undici";
import type { BrokerLimits } from "./broker-limits.ts";
import { createCheckedLookup, type Resolve } from "./checked-lookup.ts";
import { aborted } from "./failure.ts";
import type { Reach } from "./policy.ts";
import { squidCredentials } from "./squid-users.ts";

export type Undici = Pick<typeof undiciTypes, "Agent" | "ProxyAgent" | "request">;

export interface DispatcherSettings {
  /** URL of the proxy; null where there is none. */
  readonly proxy: string | null;
  readonly resolve: Resolve;
  readonly limits: Pick<BrokerLimits, "maxHeaderBytes" | "connectTimeoutMs" | "idleTimeoutMs">;
}

export interface Dispatchers {
  for(plugin: string, reach: Reach): Promise<{ readonly undici: Undici; readonly dispatcher: Dispatcher }>;
  /** Cuts a plugin's connections. */
  forget(plugin: string): Promise<void>;
  close(): Promise<void>;
}

export function createDispatchers(settings: DispatcherSettings): Dispatchers {
  const pools = new Map<string, Map<string, Dispatcher>>();
  let isClosed = false;
  const cut = async (pool: ReadonlyMap<string, Dispatcher> | undefined) => {
    await Promise.all([...(pool?.values() ?? [])].map((dispatcher) => dispatcher.destroy()));
  };
  return {
    async for(plugin, reach) {
      const undici = await loadUndici();
      if (isClosed) throw aborted();
      const key = settings.proxy === null ? reach : "proxy";
      const pool = pools.get(plugin) ?? new Map<string, Dispatcher>();
      pools.set(plugin, pool);
      const dispatcher = pool.get(key) ?? createDispatcher(undici, settings, plugin, reach);
      pool.set(key, dispatcher);
      return { undici, dispatcher };
    },
    async forget(plugin) {
      const pool = pools.get(plugin);
      pools.delete(plugin);
      await cut(pool);
    },
    async close() {
      isClosed = true;
      const all = [...pools.values()];
      pools.clear();
      await Promise.all(all.map(cut));
    },
  };
}

/** Loaded with the first request: a host whose plugins send none does not pay for it. */
function loadUndici(): Promise<Undici> {
  // The file, not the package's bare name: Bun puts its own shim in place of that.
  return import("undici/index.js");
}

function proxyToken(proxy: string, plugin: string): string {
  const { user, password } = squidCredentials(proxy, plugin);
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function createDispatcher(
  undici: Undici,
  { proxy, resolve, limits }: DispatcherSettings,
  plugin: string,
  reach: Reach,
): Dispatcher {
  const timeouts = {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.idleTimeoutMs,
    bodyTimeout: limits.idleTimeoutMs,
  };
  const connect = { timeout: limits.connectTimeoutMs };
  if (proxy !== null) {
    return new undici.ProxyAgent({
      uri: proxy,
      token: proxyToken(proxy, plugin),
      // Plain http goes to the proxy as such: Squid tunnels to the TLS port only.
      proxyTunnel: false,
      proxyTls: connect,
      requestTls: connect,
      ...timeouts,
    });
  }
  const lookup = reach === "literal" ? {} : { lookup: createCheckedLookup(resolve, reach) };
  return new undici.Agent({ ...timeouts, connect: { ...connect, ...lookup } });
}
