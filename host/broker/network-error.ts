/** What the network's errors mean for a plugin: a code, and a sentence without addresses that it did not name. */
import type { EffectFailure } from "#host/base/effect.ts";
import { EffectError } from "./failure.ts";
import { errorCode } from "./system-error.ts";

type Meaning = readonly [EffectFailure["code"], string];

const MEANINGS: Partial<Record<string, Meaning>> = {
  ENOTFOUND: ["network", "its name does not resolve"],
  EAI_AGAIN: ["network", "names cannot be resolved at the moment"],
  ECONNREFUSED: ["network", "it refuses the connection"],
  ECONNRESET: ["network", "the connection was cut"],
  EPIPE: ["network", "the connection was cut"],
  UND_ERR_SOCKET: ["network", "the connection was cut"],
  EHOSTUNREACH: ["network", "there is no way to it"],
  ENETUNREACH: ["network", "there is no way to it"],
  ETIMEDOUT: ["timeout", "it did not answer in time"],
  UND_ERR_CONNECT_TIMEOUT: ["timeout", "it did not answer in time"],
  UND_ERR_HEADERS_TIMEOUT: ["timeout", "it did not answer in time"],
  UND_ERR_BODY_TIMEOUT: ["timeout", "it fell silent in the middle of its answer"],
  UND_ERR_HEADERS_OVERFLOW: ["too-large", "the headers of its answer are too large"],
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: ["invalid", "the body is not as long as content-length says"],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ["network", "its answer is not as long as it says"],
  UND_ERR_INVALID_ARG: ["invalid", "the request is malformed"],
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: ["too-large", "a message is larger than a plugin may have"],
  Z_DATA_ERROR: ["network", "its answer is not compressed as it says"],
};

/** `doing` is the sentence's first half, for example `Cannot reach "example.org"`. */
export function networkError(doing: string, thrown: unknown): EffectError {
  const known = effectErrorIn(thrown);
  if (known !== null) return known;
  const code = codeIn(thrown);
  const [kind, meaning] = MEANINGS[code] ?? fallback(code, thrown);
  return new EffectError(kind, `${doing}: ${meaning}`, { cause: thrown });
}

/**
 * Squid said no: to the host or a tunnel to its port (403), or to a plugin that was granted its rights after
 * Squid's configuration was written (407). `authority`: `host` or `host:port`.
 */
export function refusedByProxy(authority: string, status: 403 | 407): EffectError {
  if (status === 407) {
    return new EffectError("denied", `Cannot reach "${authority}": the proxy does not know this plugin yet`, {
      fix: "Write its configuration again: openclaw allowlist render, then squid -k reconfigure",
    });
  }
  const { hostname } = new URL(`http://${authority}`);
  return new EffectError("denied", `Cannot reach "${authority}": the proxy refuses it`, {
    fix: `Run: openclaw allowlist add ${hostname}`,
  });
}

/** Several addresses were tried: the refusal of one of them explains more than any other error. */
function effectErrorIn(thrown: unknown): EffectError | null {
  if (thrown instanceof EffectError) return thrown;
  const inner = thrown instanceof AggregateError ? thrown.errors : causeOf(thrown);
  return inner.map(effectErrorIn).find((error) => error !== null) ?? null;
}

function codeIn(thrown: unknown): string {
  const own = errorCode(thrown);
  if (own !== "") return own;
  const inner = thrown instanceof AggregateError ? thrown.errors : causeOf(thrown);
  return inner.map(codeIn).find((code) => code !== "") ?? "";
}

function causeOf(thrown: unknown): unknown[] {
  return thrown instanceof Error && thrown.cause !== undefined ? [thrown.cause] : [];
}

function fallback(code: string, thrown: unknown): Meaning {
  if (code.startsWith("WS_ERR_")) return ["network", `it breaks the WebSocket protocol (${code})`];
  if (/CERT|TLS|SSL|SIGNATURE|ALTNAME/.test(code))
    return ["network", `its certificate is not trusted (${code})`];
  if (/BUF_ERROR|ZSTD|BROTLI|^ERR__ERROR/i.test(code))
    return ["network", "its answer is not compressed as it says"];
  // Deno's has no code.
  if (thrown instanceof Error && thrown.message.startsWith("Zstd decompress error"))
    return ["network", "its answer is not compressed as it says"];
  return ["network", code === "" ? "the exchange broke off" : `the exchange broke off (${code})`];
}
