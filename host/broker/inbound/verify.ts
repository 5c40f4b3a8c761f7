/**
 * Who calls? The check that a route's manifest asks for, done with a secret that the plugin never sees.
 *
 * A signature covers the whole body, so the body is held until it was checked, within bounds; the plugin gets nothing of
 * a request whose caller is not known. Comparisons take the same time whatever differs.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { HeaderLines } from "#host/base/inbound.ts";
import type { Route } from "#manifests/routes.ts";

export interface Verification {
  /** Null if the caller may pass; else why not, for the record. */
  readonly problem: string | null;
  /** The body, where it had to be read for the check. */
  readonly held: Uint8Array | null;
  /** Headers for the plugin: without what the caller proved itself by. */
  readonly headers: HeaderLines;
}

export interface VerifyRequest {
  readonly plugin: string;
  readonly verify: Route["verify"];
  readonly headers: HeaderLines;
  readonly secrets: ReadonlyMap<string, string>;
  /** Reads the body, bounded; rejects with what is wrong with it. */
  readonly readBody: () => Promise<Uint8Array>;
}

export async function verifyCaller(request: VerifyRequest): Promise<Verification> {
  const { plugin, verify, headers, secrets } = request;
  if (verify === "none") return { problem: null, held: null, headers };
  const name = "token" in verify ? verify.token.secret : verify.hmac.secret;
  const secret = secrets.get(name);
  if (secret === undefined) {
    const problem = `the secret "${name}" is not set. Run: openclaw secret set ${plugin} ${name}`;
    return { problem, held: null, headers: [] };
  }
  if ("token" in verify) {
    const shown = tokenIn(headers, verify.token.header);
    const isRight = shown !== null && same(shown, secret);
    return {
      problem: isRight ? null : "its caller does not show the secret",
      held: null,
      headers: without(headers, secret),
    };
  }
  const { header, algorithm, prefix = "", encoding = "hex" } = verify.hmac;
  const shown = valueOf(headers, header);
  if (shown === null || !shown.startsWith(prefix)) {
    return { problem: "its caller does not sign it", held: null, headers: [] };
  }
  const held = await request.readBody();
  const expected = createHmac(algorithm, secret).update(held).digest(encoding);
  const given = shown.slice(prefix.length);
  const isRight = same(encoding === "hex" ? given.toLowerCase() : given, expected);
  return { problem: isRight ? null : "its signature is wrong", held, headers: without(headers, secret) };
}

function tokenIn(headers: HeaderLines, header: string | undefined): string | null {
  if (header !== undefined) return valueOf(headers, header);
  return /^Bearer +(\S+)$/i.exec(valueOf(headers, "authorization") ?? "")?.[1] ?? null;
}

/** Null also for a header that stands there twice: which one would count? */
function valueOf(headers: HeaderLines, name: string): string | null {
  const found = headers.filter(([each]) => each.toLowerCase() === name.toLowerCase());
  return found.length === 1 ? (found[0]?.[1] ?? null) : null;
}

/** In whatever header it stands. */
function without(headers: HeaderLines, secret: string): HeaderLines {
  return headers.filter(([, value]) => !value.includes(secret));
}

function same(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
