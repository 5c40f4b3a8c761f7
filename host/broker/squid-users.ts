/**
 * The plugins as users of the proxy: each has a password of its own, derived from one secret.
 *
 * The gateway keeps the secret, Squid gets the hashes, a plugin neither: so Squid knows by itself which plugin
 * sends, and what it knows does not let it speak for another one.
 */
import { createHash, createHmac } from "node:crypto";

/** 43 characters of base64url: HMAC-SHA-256 of the plugin's id. */
export function squidPassword(secret: string, plugin: string): string {
  return createHmac("sha256", secret).update(`squid user ${plugin}`).digest("base64url");
}

/**
 * The file for Squid's `basic_ncsa_auth`, a line for each plugin. MD5 without salt, the only hash of that
 * program that needs no other library: a password of 256 random bits is not found by trying.
 */
export function renderSquidUsers(secret: string, plugins: readonly string[]): string {
  return plugins.map((plugin) => `${squidUser(plugin)}:${md5(squidPassword(secret, plugin))}\n`).join("");
}

/** As whom a plugin's connections come to the proxy. Squid refuses an empty password. */
export function squidCredentials(proxy: string, plugin: string): { user: string; password: string } {
  const secret = squidSecret(proxy);
  return { user: squidUser(plugin), password: secret === null ? "plugin" : squidPassword(secret, plugin) };
}

/** The secret that stands as the password in the proxy's URL; null where none does. */
export function squidSecret(proxy: string): string | null {
  return decodeURIComponent(new URL(proxy).password) || null;
}

/** The host's own ids have a colon, which ends a user's name (RFC 7617); no plugin's id has a dot. */
export function squidUser(plugin: string): string {
  return plugin.replaceAll(":", ".");
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
