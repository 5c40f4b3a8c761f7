/**
 * Policy for secrets: which of them a plugin may use and how, and which may go to a host.
 *
 * Pure. Answers about names and places; no value is known here. A secret goes only to its own domain, and only
 * if that domain is among those that the plugin holds by name: a host that the owner was asked for gets none.
 */
import { denied, type Denied } from "#host/base/decision.ts";
import type { SecretEffect } from "#host/base/effect.ts";
import { expandDomains, matchDomain, parseHost } from "#manifests/domains.ts";
import { isPlaced, useOf, type PlacedSecret, type Secret, type SecretUse } from "#manifests/secrets.ts";
import { networkOf, isLocalName } from "./addresses.ts";
import type { Facts, SecretPass } from "./policy.ts";

const USES: Record<SecretEffect["kind"], SecretUse> = {
  "secret.use": "slot",
  "secret.hmac": "hmac",
  "secret.reveal": "held",
};

const DEEDS: Record<SecretEffect["kind"], string> = {
  "secret.use": "use",
  "secret.hmac": "sign with",
  "secret.reveal": "read",
};

/** What an author would add to the manifest. */
const EXAMPLES: Record<SecretEffect["kind"], (name: string) => object> = {
  "secret.use": (name) => ({
    name,
    slot: { in: "header", name: "authorization", format: "Bearer {}" },
    domain: "api.example.org",
  }),
  "secret.hmac": (name) => ({ name, use: "hmac" }),
  "secret.reveal": (name) => ({ name, use: "held" }),
};

export function decideSecret(facts: Facts, request: SecretEffect): SecretPass | Denied {
  const cannot = `Cannot ${DEEDS[request.kind]} the secret ${JSON.stringify(request.name)}`;
  const secret = facts.rights.secrets.find(({ name }) => name === request.name);
  const wanted = USES[request.kind];
  if (secret === undefined) {
    return denied(
      `${cannot}: not declared in the manifest of "${facts.plugin}", or not granted`,
      `Add ${JSON.stringify(EXAMPLES[request.kind](request.name))} to "permissions": { "secrets": [ ] } in its openclaw.plugin.json and grant it`,
    );
  }
  if (useOf(secret) === wanted) return { allowed: true, name: secret.name };
  return denied(
    `${cannot}: the manifest of "${facts.plugin}" declares it with the use "${useOf(secret)}"`,
    secret.use === "capture"
      ? "Take its placeholder from the answer that it is kept from"
      : `Declare it with the use "${wanted}", if that is what is meant, and grant it`,
  );
}

/** The secrets that may stand in a request to this address, each in its place. */
export function secretsFor(facts: Facts, url: URL): readonly PlacedSecret[] {
  return facts.rights.secrets.filter(isPlaced).filter(({ domain }) => isOwnDomain(facts, domain, url));
}

type CapturedSecret = Extract<Secret, { use: "capture" }>;

/** The secrets that are kept from the answer of this address. */
export function capturesFrom(facts: Facts, url: URL): readonly CapturedSecret[] {
  return facts.rights.secrets
    .filter((secret): secret is CapturedSecret => secret.use === "capture")
    .filter(({ from }) => isOwnDomain(facts, from.domain, url) && matchPath(from.path, url.pathname));
}

/** Whether what is sent there cannot be read on the way: TLS, or this machine and its own network. */
export function isPrivateWay(url: URL): boolean {
  if (url.protocol === "https:" || url.protocol === "wss:") return true;
  const address = parseHost(url.href);
  if (address === null) return false;
  return address.isLiteral ? networkOf(address.host) !== "public" : isLocalName(address.host);
}

function isOwnDomain(facts: Facts, domain: string, url: URL): boolean {
  if (!facts.rights.domains.includes(domain)) return false;
  const address = parseHost(url.href);
  if (address === null) return false;
  const port = address.port ?? (url.protocol === "https:" || url.protocol === "wss:" ? 443 : 80);
  return expandDomains([domain], facts.config).some((pattern) => matchDomain(pattern, address.host, port));
}

/** Also in spellings that are the same place to most servers: by another one a plugin would get the value itself. */
function matchPath(pattern: string, path: string): boolean {
  const wanted = partsOf(pattern);
  const parts = partsOf(path);
  return wanted.length === parts.length && wanted.every((part, at) => part === "*" || part === parts[at]);
}

/** Without empty parts and what stands behind a semicolon, percent-encoding undone, letters without case. */
function partsOf(path: string): string[] {
  return decoded(path)
    .toLowerCase()
    .split("/")
    .map((part) => part.split(";", 1)[0] ?? "")
    .filter((part) => part !== "" && part !== ".");
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path).replaceAll("\\", "/");
  } catch {
    return path;
  }
}
