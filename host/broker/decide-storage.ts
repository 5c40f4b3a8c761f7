/**
 * Policy for a plugin's own storage: no right is needed for it, and none reaches another plugin's.
 *
 * Pure. Whose storage it is comes from the host's handle on the isolate. Refuses a key that has no one
 * spelling as bytes, and a plugin that is not there: what was removed must not come back.
 */
import { denied, type Denied } from "#host/base/decision.ts";
import type { StorageEffect } from "#host/base/effect.ts";
import { STORAGE } from "#host/base/limits.ts";
import { deedOf } from "./describe.ts";
import type { Facts, StoragePass } from "./policy.ts";

export function decideStorage(facts: Facts, request: StorageEffect): StoragePass | Denied {
  const cannot = `Cannot ${deedOf(request)}`;
  if (facts.roots.plugin === null) {
    return denied(`${cannot}: "${facts.plugin}" is not there, or not any more`, "Install the plugin first");
  }
  const wrong = keysOf(request)
    .map(whyNoKey)
    .find((reason) => reason !== null);
  if (wrong !== undefined) return denied(`${cannot}: ${wrong}`, "Use another key");
  const asked = facts.rights.limits.storage ?? STORAGE.quotaBytes;
  return { allowed: true, quotaBytes: Math.min(asked, STORAGE.maxQuotaBytes) };
}

/** A listing may begin anywhere, so its prefix may be empty; a key may not. */
function keysOf(request: StorageEffect): readonly (readonly [text: string, mayBeEmpty: boolean])[] {
  if (request.kind !== "storage.list") return [[request.key, false]];
  return [[request.prefix, true], ...(request.after === undefined ? [] : [[request.after, true] as const])];
}

function whyNoKey([text, mayBeEmpty]: readonly [string, boolean]): string | null {
  if (text === "") return mayBeEmpty ? null : "the key is empty";
  if (!text.isWellFormed()) return "the key is not well-formed Unicode";
  const bytes = new TextEncoder().encode(text).length;
  return bytes > STORAGE.maxKeyBytes
    ? `the key has ${bytes} bytes, the limit is ${STORAGE.maxKeyBytes}`
    : null;
}
