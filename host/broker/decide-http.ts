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
import type { DecisionWith, Facts, HttpPass, Reach } from "./policy.ts";

/** Where a plugin wants to go. */
export interface Destination extends HostAddress {
  /** The port that will be used. */
  readonly actualPort: number;
  /** For sentences: the host, with its port unless it is the web's. */
  readonly name: string;
}

interface Target extends Destination {
  readonly url: URL;
}

/** What the owner is asked, and what a yes is remembered under. */
interface Question {
  readonly prompt: string;
  readonly subject: string;
}

const SCHEMES: Readonly<Record<string, number>> = { "https:": 443, "http:": 80 };

/** Longer than any browser sends; a longer one is a mistake or a way to carry data out. */
const MAX_URL_CHARS = 8_192;

export function decideHttp(facts: Facts, request: HttpRequestEffect): DecisionWith<HttpPass> {
  const target = parseTarget(request.url, SCHEMES);
  if ("allowed" in target) return target;
  return decideTarget(facts, target, {
    prompt: `Let "${facts.plugin}" send ${request.method.toUpperCase()} ${target.url.href}?`,
    subject: `host:${target.name}`,
  });
}

/** What stands in `domains` decides, for whatever is spoken with the host. */
export function decideTarget(facts: Facts, target: Target, question: Question): DecisionWith<HttpPass> {
  const patterns = expandDomains(facts.rights.domains, facts.config);
  const isNamed = patterns.some((pattern) => matchDomain(pattern, target.host, target.actualPort));
  if (isNamed) {
    return notListed(facts, target) ?? { allowed: true, url: target.url, reach: reachOf(facts, target) };
  }
  if (patterns.includes(ASK)) return decideAsk(facts, target, question);
  return denied(
    `Cannot reach "${target.name}": not declared in the manifest of "${facts.plugin}", or not granted`,
    `Add "${target.name}" to "permissions": { "domains": [ ] } in its openclaw.plugin.json and grant it`,
  );
}

/** `schemes`: those that may be used, each with its own port. The first is the better one. */
export function parseTarget(text: string, schemes: Readonly<Record<string, number>>): Target | Denied {
  const names = Object.keys(schemes);
  if (text.length > MAX_URL_CHARS) {
    return denied(`Cannot request a URL of ${text.length} characters`, `Keep it below ${MAX_URL_CHARS}`);
  }
  const url = URL.parse(text);
  if (url === null)
    return denied(`Cannot request ${quote(text)}: not an absolute URL`, `Write ${names[0]}//host/path`);
  const schemePort = schemes[url.protocol];
  if (schemePort === undefined) {
    return denied(`Cannot request "${url.protocol}" addresses`, `Use ${names.join(" or ")}`);
  }
  if (url.username !== "" || url.password !== "") {
    return denied(
      `Cannot request "${url.host}" with a name or password in the URL`,
      "Send them in a header, through a declared secret",
    );
  }
  const address = parseHost(url.href);
  if (address === null) return denied(`Cannot reach "${url.host}": not a valid host name`, "Check the URL");
  const actualPort = address.port ?? schemePort;
  return { ...address, url, actualPort, name: showHost(address) };
}

/** The addresses at which a host that was named may be found. */
export function reachOf({ anyNetwork }: Facts, { host, isLiteral }: Destination): Reach {
  const named = anyNetwork ? "any" : isLocalName(host) ? "local" : "public";
  return isLiteral ? "literal" : named;
}

/** A plugin that may ask gets a question for a public host, once for each host. */
function decideAsk(facts: Facts, target: Target, { prompt, subject }: Question): DecisionWith<HttpPass> {
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
  if (facts.isRemembered(subject)) return pass;
  return {
    allowed: "ask",
    prompt,
    scopes: ["once", "session", "always"],
    subject,
    ifYes: pass,
  };
}

export function notListed(facts: Facts, target: Destination): Denied | null {
  if (facts.allowlist === null || isListed(target.host, facts.allowlist)) return null;
  return denied(
    `Cannot reach "${target.name}": not on the operator's Squid allowlist`,
    `Run: openclaw allowlist add ${target.host}`,
  );
}
