/**
 * Values that the manifest captures: taken out of an answer before the plugin reads any of it.
 *
 * Such an answer is read whole. Fails closed: a good answer in which the value cannot be told from the rest is
 * not handed on.
 */
import { SECRETS } from "#host/base/limits.ts";
import type { capturesFrom } from "#host/broker/decide-secret.ts";
import { EffectError } from "#host/broker/failure.ts";
import type { Placeholders } from "./placeholders.ts";
import { isJson, isNothingAt, jsonNumberAt, jsonTextAt } from "./text-at.ts";

export interface CaptureDeps {
  readonly pluginId: string;
  /** Where the answer comes from, as the plugin named it. */
  readonly url: URL;
  readonly placeholders: Placeholders;
}

/** The answer with placeholders in place of what is captured. Throws an EffectError. */
export function captureAll(
  { pluginId, url, placeholders }: CaptureDeps,
  captures: ReturnType<typeof capturesFrom>,
  whole: Buffer,
  status: number,
): Buffer {
  let text = whole.toString("utf8");
  if (!isJson(text)) {
    if (status < 200 || status > 299) return whole;
    throw uncapturable(url, "it is not JSON, and a secret is to be kept from it");
  }
  for (const { name, from } of captures) {
    const found = jsonTextAt(text, from.pointer);
    if (found === null && isNothingAt(text, from.pointer)) continue;
    if (found === null) throw uncapturable(url, `the secret "${name}" in it is no text`);
    if (found.value.length < SECRETS.minValueChars) {
      throw uncapturable(url, `the secret "${name}" in it is too short`);
    }
    const lifetime = lifetimeOf(text, from.expiresIn);
    text = found.with(placeholders.capture(pluginId, name, found.value, lifetime));
  }
  return Buffer.from(text);
}

function lifetimeOf(json: string, pointer: string | undefined): number {
  const seconds = pointer === undefined ? null : jsonNumberAt(json, pointer);
  if (seconds === null || seconds <= 0) return SECRETS.captureTtlMs;
  return Math.min(seconds * 1_000, SECRETS.maxCaptureTtlMs);
}

function uncapturable({ host }: URL, why: string): EffectError {
  return new EffectError("network", `Cannot read the answer of "${host}": ${why}`);
}
