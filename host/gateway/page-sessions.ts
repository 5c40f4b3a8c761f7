/**
 * The page's cookie: proof that this browser was signed in with a ticket or the token.
 *
 * HttpOnly and SameSite=Strict, so that no script and no other site can use it; named with the port, because
 * browsers share cookies between the ports of a host. Stored hashed.
 */
import type { Clock } from "#host/base/clock.ts";
import type { DevicesPort } from "./ports.ts";
import { hashSecret, randomSecret } from "./secrets.ts";

export interface PageSessions {
  /** A value for `Set-Cookie`. */
  issue(): Promise<string>;
  /** Ends the session of this request; a value for `Set-Cookie`. */
  end(cookieHeader: string | null): Promise<string>;
  isSignedIn(cookieHeader: string | null): Promise<boolean>;
}

export function createPageSessions(options: {
  readonly devices: Pick<DevicesPort, "saveCookie" | "cookieIsValid">;
  readonly clock: Clock;
  readonly port: number;
  readonly ttlMs: number;
}): PageSessions {
  const { devices, clock, ttlMs } = options;
  const name = `openclaw-${options.port}`;
  const attributes = (maxAgeSeconds: number) => `Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;
  return {
    async issue() {
      const secret = randomSecret();
      await devices.saveCookie(hashSecret(secret), clock.now() + ttlMs);
      return `${name}=${secret}; ${attributes(Math.floor(ttlMs / 1000))}`;
    },
    async end(cookieHeader) {
      const secret = readCookie(cookieHeader, name);
      if (secret !== null) await devices.saveCookie(hashSecret(secret), 0);
      return `${name}=; ${attributes(0)}`;
    },
    async isSignedIn(cookieHeader) {
      const secret = readCookie(cookieHeader, name);
      return secret !== null && (await devices.cookieIsValid(hashSecret(secret), clock.now()));
    },
  };
}

function readCookie(header: string | null, name: string): string | null {
  for (const part of (header ?? "").split(";")) {
    const at = part.indexOf("=");
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim() || null;
  }
  return null;
}
