/** Secrets: made, hashed, compared. Nothing here logs or keeps one. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** 256 random bits, base64url. */
export function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** SHA-256, hex. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Takes the same time whatever the difference; lengths are hidden by hashing first. */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

/** A secret that follows from another one: the same input gives the same output, and none leads back. */
export function deriveSecret(key: string, ...about: readonly string[]): string {
  return createHmac("sha256", key).update(about.join("|")).digest("base64url");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
