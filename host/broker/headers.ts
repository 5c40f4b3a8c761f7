/**
 * Header hygiene: which headers of a plugin go out, and which of an answer come back.
 *
 * Pure. What steers the connection, the proxy or the framing is the host's own and is dropped in both
 * directions. Refuses headers that are malformed or too large together.
 */
import { EffectError } from "./failure.ts";

export type HeaderPairs = readonly (readonly [string, string])[];

/** RFC 9110 section 7.6.1, and what names or steers the connection's ends. */
const CONNECTION_HEADERS = new Set([
  "connection",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Only for the origin that they were meant for (Fetch, section 4.4, HTTP-redirect fetch). */
const ORIGIN_HEADERS = new Set(["authorization", "cookie"]);

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 section 5.5, without what ends a line. */
// oxlint-disable-next-line no-control-regex -- control characters are what this refuses
const VALUE = /^[^\u0000-\u0008\u000a-\u001f\u007f\u{100}-\u{10ffff}]*$/u;

/** What a plugin's headers become. A name that comes several times keeps all its values. */
export function outgoingHeaders(pairs: HeaderPairs, maxBytes: number): Record<string, string | string[]> {
  refuseMalformed(pairs, maxBytes);
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of withoutConnectionHeaders(pairs)) {
    const key = name.toLowerCase();
    const before = headers[key];
    headers[key] = before === undefined ? value : [before, value].flat();
  }
  headers["user-agent"] ??= "openclaw-edge";
  headers["accept"] ??= "*/*";
  // A part of a compressed body cannot be decompressed.
  headers["accept-encoding"] ??= headers["range"] === undefined ? "gzip, deflate, br, zstd" : "identity";
  return headers;
}

/** Those of a WebSocket's opening request. How the socket is negotiated is the host's own (RFC 6455, section 11.3). */
export function socketHeaders(pairs: HeaderPairs, maxBytes: number): Record<string, string | string[]> {
  const own = pairs.filter(([name]) => !name.toLowerCase().startsWith("sec-websocket-"));
  const { accept: _any, "accept-encoding": _none, ...headers } = outgoingHeaders(own, maxBytes);
  return headers;
}

/** An answer's headers as the plugin sees them. */
export function incomingHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): [string, string][] {
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name.toLowerCase(), one]),
  );
  return withoutConnectionHeaders(pairs).map(([name, value]) => [name, value]);
}

/** What may follow a redirect to another origin. */
export function withoutOriginHeaders(pairs: HeaderPairs): HeaderPairs {
  return pairs.filter(([name]) => !ORIGIN_HEADERS.has(name.toLowerCase()));
}

/** What is left when a redirect turns the request into a GET without a body. */
export function withoutBodyHeaders(pairs: HeaderPairs): HeaderPairs {
  return pairs.filter(([name]) => !name.toLowerCase().startsWith("content-"));
}

function withoutConnectionHeaders(pairs: HeaderPairs): HeaderPairs {
  const named = new Set(
    pairs
      .filter(([name]) => name.toLowerCase() === "connection")
      .flatMap(([, value]) =>
        value
          .toLowerCase()
          .split(",")
          .map((token) => token.trim()),
      ),
  );
  return pairs.filter(([name]) => {
    const key = name.toLowerCase();
    return !CONNECTION_HEADERS.has(key) && !key.startsWith("proxy-") && !named.has(key);
  });
}

/** Throws an EffectError. Before anyone is asked: names stand in the question. */
export function refuseMalformed(pairs: HeaderPairs, maxBytes: number): void {
  const bad = pairs.find(([name, value]) => !NAME.test(name) || !VALUE.test(value));
  if (bad !== undefined) {
    throw new EffectError(
      "invalid",
      `Cannot send the header ${JSON.stringify(bad[0].slice(0, 64))}: malformed`,
      {
        fix: "Use a token as its name and no line breaks in its value",
      },
    );
  }
  const bytes = pairs.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  if (bytes > maxBytes) {
    throw new EffectError("too-large", `Cannot send ${bytes} bytes of headers: at most ${maxBytes} are sent`);
  }
}
