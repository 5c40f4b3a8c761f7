/**
 * HTTP, done: one exchange, with its redirects followed by hand.
 *
 * Every hop passes the gate anew, with its own record. Refuses methods that make tunnels or echo, and bodies
 * where HTTP has none. An abort reaches the socket at any moment.
 */
import type { Dispatcher } from "undici";
import type { EffectContext, EffectIdentity, EffectReply, HttpRequestEffect } from "#host/base/effect.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import type { Dispatchers } from "./dispatchers.ts";
import { aborted, EffectError } from "./failure.ts";
import type { Passage } from "./gate.ts";
import { incomingHeaders, outgoingHeaders, refuseMalformed } from "./headers.ts";
import { networkError, refusedByProxy } from "./network-error.ts";
import type { HttpPass } from "./policy.ts";
import { nextHop, type Hop } from "./redirect.ts";
import { createRequestBody, type RequestBody } from "./request-body.ts";
import { responseBody } from "./response-body.ts";
import type { Departure } from "./secrets/fill.ts";
import type { HopSecrets } from "./secrets/hop-secrets.ts";

export type EgressLimits = Pick<
  BrokerLimits,
  "maxRedirects" | "maxHeaderBytes" | "maxResponseBytes" | "replayBodyBytes"
>;

export interface EgressDeps {
  readonly dispatchers: Dispatchers;
  /** For the sentence about a proxy that is dead. */
  readonly hasProxy: boolean;
  readonly limits: EgressLimits;
}

export interface Exchange {
  readonly identity: EffectIdentity;
  readonly request: HttpRequestEffect;
  readonly context: EffectContext;
  /** The plugin's secrets on one hop; null if it has none. */
  readonly secretsFor: (url: URL) => Promise<HopSecrets | null>;
  /** Asks the gate for one hop. `because` names the redirect that led to it. */
  readonly enter: (hop: HttpRequestEffect, because?: string) => Promise<Passage<HttpPass>>;
}

interface Answer extends Dispatcher.ResponseData {
  readonly secrets: HopSecrets | null;
}

/** Head: `{status, statusText, headers, url}`; `url` is where the last answer came from. */
export async function performHttp(deps: EgressDeps, exchange: Exchange): Promise<EffectReply> {
  const { request, context } = exchange;
  refuseMethod(request);
  refuseMalformed(request.headers, deps.limits.maxHeaderBytes);
  const body = createRequestBody(context.body, deps.limits.replayBodyBytes);
  try {
    return await followed(deps, exchange, body);
  } finally {
    body.close();
  }
}

async function followed(deps: EgressDeps, exchange: Exchange, body: RequestBody): Promise<EffectReply> {
  const { request } = exchange;
  let hop: Hop = { ...request, method: request.method.toUpperCase() };
  let because: string | undefined;
  for (let redirects = 0; redirects <= deps.limits.maxRedirects; redirects += 1) {
    const passage = await exchange.enter({ ...request, ...hop }, because);
    const answer = await concluded(passage, () => send(deps, exchange, passage.pass, hop, body));
    const next = orDropped(answer, () => redirectOf(request, hop, answer));
    if (next === null) return orDropped(answer, () => reply(deps, exchange, hop, answer));
    drop(answer);
    because = `after a redirect from ${hop.url}`;
    hop = next;
  }
  throw new EffectError("network", `Cannot reach "${hostOf(request.url)}": it redirects without end`);
}

async function concluded(passage: Passage<HttpPass>, act: () => Promise<Answer>): Promise<Answer> {
  try {
    const answer = await act();
    passage.conclude("done");
    return answer;
  } catch (thrown) {
    passage.conclude("failed");
    throw thrown;
  }
}

async function send(
  deps: EgressDeps,
  { identity, context, secretsFor }: Exchange,
  pass: HttpPass,
  hop: Hop,
  body: RequestBody,
): Promise<Answer> {
  const host = pass.url.host;
  const { undici, dispatcher } = await deps.dispatchers.for(identity.plugin, pass.reach);
  const content = hop.hasBody ? body.open() : null;
  if (hop.hasBody && content === null) {
    throw new EffectError(
      "invalid",
      `Cannot follow the redirect to "${host}": the body is too large to send twice`,
      { fix: "Send it to the final address at once" },
    );
  }
  const secrets = await secretsFor(pass.url);
  try {
    const departure: Departure = { url: pass.url, headers: hop.headers, body: content };
    const { url, headers, body: sent } = (await secrets?.fill(departure)) ?? departure;
    const response = await undici.request(url, {
      method: hop.method as Dispatcher.HttpMethod,
      headers: outgoingHeaders(headers, deps.limits.maxHeaderBytes),
      body: sent,
      dispatcher,
      signal: context.signal,
    });
    const answer: Answer = { ...response, headers: scrubbed(response.headers, secrets), secrets };
    if (deps.hasProxy) orDropped(answer, () => refuseProxyRefusal(answer, pass.url));
    return answer;
  } catch (thrown) {
    throw context.signal.aborted ? aborted() : sendError(deps, pass.url, thrown);
  }
}

function redirectOf(request: HttpRequestEffect, hop: Hop, answer: Answer): Hop | null {
  if (request.redirect === "manual") return null;
  const { location } = answer.headers;
  const next = nextHop(hop, answer.statusCode, Array.isArray(location) ? location[0] : location);
  if (next !== null && request.redirect === "error") {
    throw new EffectError(
      "network",
      `Cannot reach "${hostOf(hop.url)}": it redirects, and redirects are refused here`,
    );
  }
  return next;
}

function reply(deps: EgressDeps, { context }: Exchange, hop: Hop, answer: Answer): EffectReply {
  const headers = incomingHeaders(answer.headers);
  const statusText = answer.secrets?.scrub(answer.statusText) ?? answer.statusText;
  const head = { status: answer.statusCode, statusText, headers, url: hop.url };
  if (hop.method === "HEAD" || [204, 205, 304].includes(answer.statusCode)) {
    answer.body.dump().catch(() => undefined);
    return { ok: true, head, body: null };
  }
  const body = responseBody(answer.body, {
    host: hostOf(hop.url),
    encoding: headers.flatMap(([name, value]) => (name === "content-encoding" ? [value] : [])).join(","),
    maxBytes: deps.limits.maxResponseBytes,
    signal: context.signal,
  });
  if (answer.secrets === null) return { ok: true, head, body };
  const hidden = { status: answer.statusCode, signal: context.signal };
  return { ok: true, head, body: answer.secrets.scrubBody(body, hidden) };
}

type AnswerHeaders = Dispatcher.ResponseData["headers"];

/** A server may send back what it was sent: in a cookie, or in the address of a redirect. */
function scrubbed(headers: AnswerHeaders, secrets: HopSecrets | null): AnswerHeaders {
  if (secrets === null) return headers;
  const entries = Object.entries(headers).map(([name, value]) => [
    secrets.scrub(name),
    Array.isArray(value) ? value.map(secrets.scrub) : value === undefined ? value : secrets.scrub(value),
  ]);
  return Object.fromEntries(entries) as AnswerHeaders;
}

function refuseMethod(request: HttpRequestEffect): void {
  const method = request.method.toUpperCase();
  if (!/^[A-Z][A-Z-]{0,31}$/.test(method) || ["CONNECT", "TRACE", "TRACK"].includes(method)) {
    throw new EffectError(
      "invalid",
      `Cannot send ${JSON.stringify(request.method.slice(0, 32))}: not a method for plugins`,
      { fix: "Use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS" },
    );
  }
  if (request.hasBody && (method === "GET" || method === "HEAD")) {
    throw new EffectError("invalid", `Cannot send a body with ${method}`, { fix: "Use POST" });
  }
}

/** Squid answers a plain http request that it refuses in the origin's place. */
function refuseProxyRefusal({ statusCode, headers }: Answer, url: URL): void {
  if (headers["x-squid-error"] === undefined) return;
  if (statusCode === 403 || statusCode === 407) throw refusedByProxy(url.host, statusCode);
}

/** How undici says that the proxy refused a tunnel, or a plugin that it does not know. */
const PROXY_REFUSAL = /Proxy response \((403|407)\)|Proxy Authentication Required/;

function sendError(deps: EgressDeps, url: URL, thrown: unknown): EffectError {
  if (!deps.hasProxy) return networkError(`Cannot reach "${url.host}"`, thrown);
  const refusal = thrown instanceof Error ? PROXY_REFUSAL.exec(thrown.message) : null;
  if (refusal !== null) return refusedByProxy(url.host, refusal[1] === "403" ? 403 : 407);
  return networkError(`Cannot reach "${url.host}" through the proxy, and nothing goes around it`, thrown);
}

/** What `act` makes of the answer; if it throws, the answer's connection goes. */
function orDropped<Result>(answer: Answer, act: () => Result): Result {
  try {
    return act();
  } catch (thrown) {
    drop(answer);
    throw thrown;
  }
}

function drop(answer: Answer): void {
  answer.body.on("error", () => undefined).destroy();
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? "";
}
