/**
 * The secrets of one plugin on one hop of an exchange: what goes out, and what comes back.
 *
 * Out: placeholders in their declared places become values. Back: values become placeholders again, in headers
 * and in the body; what the manifest captures is taken out of the answer before the plugin reads any of it.
 */
import { SECRETS } from "#host/base/limits.ts";
import { capturesFrom, isPrivateWay, secretsFor } from "#host/broker/decide-secret.ts";
import { EffectError } from "#host/broker/failure.ts";
import { ownedStream } from "#host/broker/owned-stream.ts";
import type { Facts } from "#host/broker/policy.ts";
import type { PlacedSecret } from "#manifests/secrets.ts";
import {
  bodyReader,
  fillHeader,
  fillPath,
  fillText,
  readWhole,
  withoutLength,
  type Departure,
} from "./fill.ts";
import type { Filled, Placeholders } from "./placeholders.ts";
import { createScrubber, type Scrubber } from "./scrub.ts";
import { isJson, jsonNumberAt, jsonTextAt } from "./text-at.ts";

export interface HopSecrets {
  /** Rejects with an EffectError if a secret would leave unencrypted, or its body is too large. */
  fill(departure: Departure): Promise<Departure>;
  /** The same text with placeholders in place of values. */
  scrub(text: string): string;
  /** The answer's body, decoded, as the plugin may see it. */
  scrubBody(
    body: AsyncIterableIterator<Uint8Array>,
    answer: { readonly status: number; readonly signal: AbortSignal },
  ): AsyncIterable<Uint8Array>;
}

export interface HopSecretsDeps {
  readonly facts: Facts;
  /** Where this hop goes, with placeholders. */
  readonly url: URL;
  readonly placeholders: Placeholders;
  /** The values that the owner set for this plugin. */
  readonly values: ReadonlyMap<string, string>;
}

export function createHopSecrets(deps: HopSecretsDeps): HopSecrets {
  const { facts, url } = deps;
  const placed = secretsFor(facts, url);
  const captures = capturesFrom(facts, url);
  let early: Scrubber | null = null;
  return {
    async fill(departure) {
      let next = departure;
      for (const secret of placed) next = await fillOne(deps, secret, next);
      return next;
    },
    scrub(text) {
      early ??= scrubberOf(deps);
      return early.text(text);
    },
    scrubBody(body, { status, signal }) {
      const capture = captures.length === 0 ? null : (whole: Buffer) => captureAll(deps, whole, status);
      const clean = cleanBody(body, capture, () => scrubberOf(deps), url.host);
      const next = async () => {
        const result = await clean.next();
        return result.done === true ? null : result.value;
      };
      return ownedStream(next, () => void body.return?.(), signal);
    },
  };
}

/** What a placeholder of this secret stands for now. */
function filledFor({ facts, placeholders, values }: HopSecretsDeps, secret: PlacedSecret): readonly Filled[] {
  if (secret.use === "capture") return placeholders.captured(facts.plugin, secret.name);
  const value = values.get(secret.name);
  return value === undefined ? [] : [{ value, placeholder: placeholders.of(facts.plugin, secret.name) }];
}

async function fillOne(deps: HopSecretsDeps, secret: PlacedSecret, departure: Departure): Promise<Departure> {
  const filled = filledFor(deps, secret);
  const next = filled.length === 0 ? departure : await fillSlot(secret.slot, filled, departure);
  // A body that was read and has no secret in it is the same body.
  const isFilled = next.url !== departure.url || next.headers !== departure.headers;
  if (isFilled && !isPrivateWay(deps.url)) {
    throw new EffectError(
      "denied",
      `Cannot send the secret "${secret.name}" to "${deps.url.host}": ${deps.url.protocol.slice(0, -1)} is not encrypted`,
      { fix: "Use https" },
    );
  }
  return next;
}

async function fillSlot(
  slot: PlacedSecret["slot"],
  filled: readonly Filled[],
  departure: Departure,
): Promise<Departure> {
  if (slot.in === "header") return { ...departure, headers: fillHeader(departure.headers, slot, filled) };
  if (slot.in === "urlPath") return { ...departure, url: fillPath(departure.url, slot, filled) };
  const reader = bodyReader(departure.headers);
  if (reader === null || departure.body === null) return departure;
  const body = await bufferOf(departure.body, departure.url.host);
  const text = fillText(reader(body.toString("utf8"), slot.pointer), filled);
  if (text === null) return { ...departure, body };
  return { ...departure, headers: withoutLength(departure.headers), body: Buffer.from(text) };
}

function bufferOf(body: NonNullable<Departure["body"]>, host: string): Promise<Buffer> | Buffer {
  return body instanceof Uint8Array
    ? Buffer.from(body)
    : readWhole(body, `Cannot send the body to "${host}"`);
}

function scrubberOf({ facts, values, placeholders }: HopSecretsDeps): Scrubber {
  const { plugin, rights } = facts;
  const hidden = rights.secrets.filter(({ use }) => use !== "held").map(({ name }) => name);
  const set = [...new Set(hidden)].flatMap((name) => {
    const value = values.get(name);
    return value === undefined ? [] : [{ value, placeholder: placeholders.of(plugin, name) }];
  });
  return createScrubber([...set, ...placeholders.captured(plugin)]);
}

async function* cleanBody(
  body: AsyncIterable<Uint8Array>,
  capture: ((whole: Buffer) => Buffer) | null,
  scrubber: () => Scrubber,
  host: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (capture === null) return yield* scrubber().bytes(body);
  const whole = capture(await readWhole(body, `Cannot read the answer of "${host}"`));
  // Only now it is known what else must not come through.
  yield* scrubber().bytes(once(whole));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** Fails closed: a good answer in which the value cannot be told from the rest is not handed on. */
function captureAll(deps: HopSecretsDeps, whole: Buffer, status: number): Buffer {
  const { facts, url, placeholders } = deps;
  let text = whole.toString("utf8");
  if (!isJson(text)) {
    if (status < 200 || status > 299) return whole;
    throw uncapturable(url, "it is not JSON, and a secret is to be kept from it");
  }
  for (const { name, from } of capturesFrom(facts, url)) {
    const found = jsonTextAt(text, from.pointer);
    if (found === null) continue;
    if (found.value.length < SECRETS.minValueChars)
      throw uncapturable(url, `the secret "${name}" in it is too short`);
    text = found.with(
      placeholders.capture(facts.plugin, name, found.value, lifetimeOf(text, from.expiresIn)),
    );
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
