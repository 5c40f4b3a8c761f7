/**
 * Connections for sockets: TCP, with TLS on top where it is asked for, to exactly what was decided.
 *
 * Without a proxy the name is resolved and checked here, and the connection goes to the very address that was
 * checked. With one, everything is a tunnel of the proxy with the plugin's id as its user; the host resolves no
 * names and never goes direct. A certificate is always checked against the name that the plugin gave.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { BrokerLimits } from "./broker-limits.ts";
import { createCheckedLookup, type Resolve } from "./checked-lookup.ts";
import { aborted } from "./failure.ts";
import { networkError } from "./network-error.ts";
import type { Reach } from "./policy.ts";
import { squidCredentials } from "./squid-users.ts";
import { openTunnel } from "./tunnel.ts";

export interface ConnectTarget {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly reach: Reach;
}

/** Resolves with a connected socket, which waits for nobody to have listened. Rejects with an EffectError. */
export type Connect = (plugin: string, target: ConnectTarget, signal: AbortSignal) => Promise<Socket>;

export interface ConnectSettings {
  /** URL of the proxy; null where there is none. */
  readonly proxy: string | null;
  readonly resolve: Resolve;
  readonly limits: Pick<BrokerLimits, "connectTimeoutMs" | "maxHeaderBytes">;
}

export function createConnect({ proxy, resolve, limits }: ConnectSettings): Connect {
  return async (plugin, target, signal) => {
    const attempt = new Attempt(signal, limits.connectTimeoutMs);
    try {
      const socket =
        proxy === null
          ? await attempt.tcp({ host: target.host, port: target.port, ...pinned(target, resolve) })
          : await throughProxy(attempt, new URL(proxy), plugin, target, limits.maxHeaderBytes);
      return target.tls ? await attempt.tls(socket, target.host) : socket;
    } catch (thrown) {
      attempt.giveUp();
      if (signal.aborted) throw aborted();
      throw networkError(
        proxy === null
          ? `Cannot connect to "${target.host}:${target.port}"`
          : `Cannot connect to "${target.host}:${target.port}" through the proxy, and nothing goes around it`,
        thrown,
      );
    } finally {
      attempt.settle();
    }
  };
}

/** An address in the URL was decided as such; a name is resolved to what may be reached. */
function pinned({ reach }: ConnectTarget, resolve: Resolve) {
  return reach === "literal" ? {} : { lookup: createCheckedLookup(resolve, reach) };
}

async function throughProxy(
  attempt: Attempt,
  proxy: URL,
  plugin: string,
  target: ConnectTarget,
  maxHeaderBytes: number,
): Promise<Socket> {
  const host = proxy.hostname.replace(/^\[|\]$/g, "");
  const isSecure = proxy.protocol === "https:";
  const plain = await attempt.tcp({ host, port: Number(proxy.port) || (isSecure ? 443 : 80) });
  const socket = isSecure ? await attempt.tls(plain, host) : plain;
  await attempt.within(openTunnel(socket, target, squidCredentials(proxy.href, plugin), maxHeaderBytes));
  return socket;
}

/** One way to a host, in steps, that time and the signal cut off as a whole. */
class Attempt {
  readonly #signal: AbortSignal;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #end = Promise.withResolvers<never>();
  readonly #sockets: Socket[] = [];

  constructor(signal: AbortSignal, timeoutMs: number) {
    if (signal.aborted) throw aborted();
    this.#signal = signal;
    this.#end.promise.catch(() => undefined);
    signal.addEventListener("abort", this.#aborted, { once: true });
    const late = Object.assign(new Error("it took too long"), { code: "ETIMEDOUT" });
    this.#timer = setTimeout(() => this.#end.reject(late), timeoutMs);
  }

  giveUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nothing cuts it off any longer. */
  settle(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#aborted);
  }

  tcp(options: { host: string; port: number } & Partial<ReturnType<typeof pinned>>): Promise<Socket> {
    const socket = connectTcp({ ...options, autoSelectFamily: true, noDelay: true });
    return this.#until(socket, "connect");
  }

  async tls(socket: Socket, host: string): Promise<TLSSocket> {
    const name = isIP(host) === 0 ? { servername: host } : {};
    // HTTP/1.1 is the one protocol that a WebSocket can be asked for over; other protocols ignore it.
    const secure = connectTls({ socket, host, ...name, ALPNProtocols: ["http/1.1"] });
    return this.#until(secure, "secureConnect");
  }

  /** Whatever comes first: the connection, its failure, or the attempt's end, of which Bun's TLS says nothing. */
  within<Result>(step: Promise<Result>): Promise<Result> {
    return Promise.race([step, this.#end.promise]);
  }

  readonly #aborted = () => this.#end.reject(aborted());

  #until<Opened extends Socket>(socket: Opened, event: string): Promise<Opened> {
    this.#sockets.push(socket);
    const opened = new Promise<Opened>((resolve, reject) => {
      // Heard for good: a socket that fails between two steps must not end the host.
      socket.on("error", reject);
      socket.once("close", () => reject(Object.assign(new Error("it was closed"), { code: "ECONNRESET" })));
      socket.once(event, () => resolve(socket));
    });
    return this.within(opened);
  }
}
