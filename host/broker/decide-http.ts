/**
 * Policy for one HTTP exchange: its scheme, host and port against the plugin's domains and Squid's allowlist.
 *
 * Pure. A name is decided here by name alone; that it does not resolve into a private network is checked where
 * the connection is made, within the `reach` that stands in the pass.
 */
import { denied, type Denied } from "#host/base/decision.ts";
import type { HttpRequestEffect } from "#host/base/effect.ts";
import {
  ASK,
  expandDomains,
  matchDomain,
  parseHost,
  showHost,
  type HostAddress,
} from "#manifests/domains.ts";
import { isLocalName, networkOf } from "./addresses.ts";
import { isListed } from "./allowlist.ts";
import { quote } from "./describe.ts";
import type { DecisionWith, Facts, HttpPass } from "./policy.ts";

interface Target extends HostAddress {
  readonly url: URL;
  /** The port that will be used. */
  readonly actualPort: number;
  /** For sentences: the host, with its port unless it is the web's. */
  readonly name: string;
}

/** Longer than any browser sends; a longer one is a mistake or a way to carry data out. */
const MAX_URL_CHARS = 8_192;

export function decideHttp(facts: Facts, request: HttpRequestEffect): DecisionWith<HttpPass> {
  const target = parseTarget(request.url);
  if ("allowed" in target) return target;
  const patterns = expandDomains(facts.rights.domains, facts.config);
  const isNamed = patterns.some((pattern) => matchDomain(pattern, target.host, target.actualPort));
  if (isNamed) return notListed(facts, target) ?? passFor(facts, target);
  if (patterns.includes(ASK)) return decideAsk(facts, request, target);
  return denied(
    `Cannot reach "${target.name}": not declared in the manifest of "${facts.plugin}", or not granted`,
    `Add "${target.name}" to "permissions": { "domains": [ ] } in its openclaw.plugin.json and grant it`,
  );
}

function parseTarget(text: string): Target | Denied {
  if (text.length > MAX_URL_CHARS) {
    return denied(`Cannot request a URL of ${text.length} characters`, `Keep it below ${MAX_URL_CHARS}`);
  }
  const url = URL.parse(text);
  if (url === null)
    return denied(`Cannot request ${quote(text)}: not an absolute URL`, "Write https://host/path");
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return denied(`Cannot request "${url.protocol}" addresses`, "Use https: or http:");
  }
  if (url.username !== "" || url.password !== "") {
    return denied(
      `Cannot request "${url.host}" with a name or password in the URL`,
      "Send them in a header, through a declared secret",
    );
  }
  const address = parseHost(url.href);
  if (address === null) return denied(`Cannot reach "${url.host}": not a valid host name`, "Check the URL");
  const actualPort = address.port ?? (url.protocol === "https:" ? 443 : 80);
  return { ...address, url, actualPort, name: showHost(address) };
}

function passFor({ anyNetwork }: Facts, target: Target): HttpPass {
  const named = anyNetwork ? "any" : isLocalName(target.host) ? "local" : "public";
  return { allowed: true, url: target.url, reach: target.isLiteral ? "literal" : named };
}

/** A plugin that may ask gets a question for a public host, once for each host. */
function decideAsk(facts: Facts, request: HttpRequestEffect, target: Target): DecisionWith<HttpPass> {
  const isPublic = target.isLiteral ? networkOf(target.host) === "public" : !isLocalName(target.host);
  if (!isPublic) {
    return denied(
      `Cannot reach "${target.name}": "${facts.plugin}" may ask for public hosts only, and this is on a private network`,
      `Declare "${target.name}" by name in its manifest and grant it, if it is meant`,
    );
  }
  const unlisted = notListed(facts, target);
  if (unlisted !== null) return unlisted;
  const pass: HttpPass = { allowed: true, url: target.url, reach: target.isLiteral ? "literal" : "public" };
  const subject = `host:${target.name}`;
  if (facts.isRemembered(subject)) return pass;
  return {
    allowed: "ask",
    prompt: `Let "${facts.plugin}" send ${request.method.toUpperCase()} ${target.url.href}?`,
    scopes: ["once", "session", "always"],
    subject,
    ifYes: pass,
  };
}

function notListed(facts: Facts, target: Target): Denied | null {
  if (facts.allowlist === null || isListed(target.host, facts.allowlist)) return null;
  return denied(
    `Cannot reach "${target.name}": not on the operator's Squid allowlist`,
    `Run: openclaw allowlist add ${target.host}`,
  );
}
