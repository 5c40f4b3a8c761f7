/**
 * Policy for sockets. Pure, as for HTTP: what a name resolves to is checked where the connection is made.
 *
 * A WebSocket is decided as a request to its host and port, with a question and a remembered yes of its own: who
 * may fetch a page may not therefore keep a line open. A TCP connection must be declared as exactly its host and
 * port, and nobody is asked.
 */
import { denied, type Denied } from "#host/base/decision.ts";
import type { SocketOpenEffect, TcpConnectEffect } from "#host/base/effect.ts";
import { expandDomains, matchDomain, parseHost, showHost, type HostAddress } from "#manifests/domains.ts";
import { decideTarget, notListed, parseTarget, reachOf } from "./decide-http.ts";
import { quote } from "./describe.ts";
import type { DecisionWith, Facts, HttpPass, TcpPass } from "./policy.ts";

const SCHEMES = { "wss:": 443, "ws:": 80 };

export function decideWebSocket(facts: Facts, request: SocketOpenEffect): DecisionWith<HttpPass> {
  const target = parseTarget(request.url, SCHEMES);
  if ("allowed" in target) return target;
  return decideTarget(facts, target, {
    prompt: `Let "${facts.plugin}" open a socket to ${target.url.href}?`,
    subject: `socket:${target.name}`,
  });
}

export function decideTcp(facts: Facts, { host, port }: TcpConnectEffect): TcpPass | Denied {
  const address = parseHost(host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);
  if (address === null || address.port !== null) {
    return denied(
      `Cannot connect to ${quote(host)}: not a host name`,
      "Give the host alone, and the port apart",
    );
  }
  const name = showHost({ host: address.host, port });
  const target = { ...address, actualPort: port, name };
  if (!isDeclared(facts, address, port)) {
    return denied(
      `Cannot connect to "${name}": not declared in the manifest of "${facts.plugin}", or not granted`,
      `Add "${name}" to "permissions": { "tcp": [ ] } in its openclaw.plugin.json and grant it`,
    );
  }
  return (
    notListed(facts, target) ?? { allowed: true, host: address.host, port, reach: reachOf(facts, target) }
  );
}

/** A configured address counts only with a port of its own. */
function isDeclared(facts: Facts, { host }: HostAddress, port: number): boolean {
  const patterns = expandDomains(facts.rights.tcp, facts.config);
  return patterns.some((pattern) => parseHost(pattern)?.port !== null && matchDomain(pattern, host, port));
}
