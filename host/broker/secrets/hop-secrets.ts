/**
 * The secrets of one plugin on one hop of an exchange: what goes out, and what comes back.
 *
 * Out: placeholders in their declared places become values. Back: values become placeholders again, in headers
 * and in the body; what the manifest captures is taken out of the answer before the plugin reads any of it.
 */
import { capturesFrom, isPrivateWay, secretsFor } from "#host/broker/decide-secret.ts";
import { ownedStream } from "#host/broker/owned-stream.ts";
import type { Facts } from "#host/broker/policy.ts";
import type { PlacedSecret } from "#manifests/secrets.ts";
import { captureAll } from "./capture.ts";
import {
  bodyReader,
  fillHeader,
  fillPath,
  fillText,
  readWhole,
  withoutEncoding,
  withoutLength,
  withoutRange,
  type Departure,
} from "./fill.ts";
import type { Filled, Placeholders } from "./placeholders.ts";
import { fillMessages, scrubMessages, unencrypted, type FrameSecret } from "./socket-secrets.ts";
import { createScrubber, type Scrubber } from "./scrub.ts";

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
  /** What the plugin sends over a WebSocket, and what comes back, in the framing of `socket-messages.ts`. */
  fillMessages(outgoing: AsyncIterable<Uint8Array>, maxBytes: number): AsyncIterable<Uint8Array>;
  scrubMessages(
    incoming: AsyncIterable<Uint8Array>,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
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
      const headers = withoutEncoding(departure.headers);
      // A part of an answer is another document, in which nothing stands at its pointer.
      let next = { ...departure, headers: captures.length === 0 ? headers : withoutRange(headers) };
      for (const secret of placed) next = await fillOne(deps, secret, next);
      return next;
    },
    scrub(text) {
      early ??= scrubberOf(deps);
      return early.text(text);
    },
    scrubBody(body, { status, signal }) {
      const from = { pluginId: facts.plugin, url, placeholders: deps.placeholders };
      const capture =
        captures.length === 0 ? null : (whole: Buffer) => captureAll(from, captures, whole, status);
      const clean = cleanBody(body, capture, () => scrubberOf(deps), url.host);
      const next = async () => {
        const result = await clean.next();
        return result.done === true ? null : result.value;
      };
      return ownedStream(next, () => void body.return?.(), signal);
    },
    fillMessages(outgoing, maxBytes) {
      const frames = placed.flatMap((secret) => frameOf(deps, secret));
      return frames.length === 0 ? outgoing : fillMessages(outgoing, frames, { url, maxBytes });
    },
    scrubMessages: (incoming, options) => scrubMessages(incoming, () => scrubberOf(deps), options),
  };
}

function frameOf(deps: HopSecretsDeps, secret: PlacedSecret): FrameSecret[] {
  if (secret.slot.in !== "frame") return [];
  return [{ name: secret.name, pointer: secret.slot.pointer, filled: () => filledFor(deps, secret) }];
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
  if (isFilled && !isPrivateWay(deps.url)) throw unencrypted(secret.name, deps.url);
  return next;
}

async function fillSlot(
  slot: PlacedSecret["slot"],
  filled: readonly Filled[],
  departure: Departure,
): Promise<Departure> {
  if (slot.in === "header") return { ...departure, headers: fillHeader(departure.headers, slot, filled) };
  if (slot.in === "urlPath") return { ...departure, url: fillPath(departure.url, slot, filled) };
  if (slot.in === "frame") return departure;
  const reader = bodyReader(departure.headers);
  if (reader === null || departure.body === null) return departure;
  const body = await bufferOf(departure.body, departure.url.host);
  const text = fillText(body.toString("utf8"), slot.pointer, filled, reader);
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
