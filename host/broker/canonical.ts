/** What a yes binds to, and what the audit chains. */
import { hash } from "node:crypto";
import { canonicalJson } from "#manifests/canonical.ts";

/** SHA-256 of the value's canonical text, hex. */
export function hashOf(value: unknown): string {
  return hash("sha256", canonicalJson(value));
}
