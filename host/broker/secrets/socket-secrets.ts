/**
 * Secrets in the messages of a WebSocket: placeholders at their pointer become values on the way out, values
 * become placeholders on the way in. Messages are looked at whole; each is bounded by the socket's own cap.
 */
import { SECRETS } from "#host/base/limits.ts";
import { isPrivateWay } from "#host/broker/decide-secret.ts";
import { EffectError } from "#host/broker/failure.ts";
import { ownedStream } from "#host/broker/owned-stream.ts";
import { encodeMessage, KIND, readMessages, type MessageKind } from "#host/broker/socket-messages.ts";
import { fillText } from "./fill.ts";
import type { Filled } from "./placeholders.ts";
import type { Scrubber } from "./scrub.ts";
import { jsonTextAt, type TextAt } from "./text-at.ts";

/** A secret that stands in text messages, with what its placeholders stand for now. */
export interface FrameSecret {
  readonly name: string;
  readonly pointer: string;
  readonly filled: () => readonly Filled[];
}

/** What the plugin sends, in `socket-messages.ts`'s framing. Throws an EffectError before a value leaves unencrypted. */
export async function* fillMessages(
  outgoing: AsyncIterable<Uint8Array>,
  secrets: readonly FrameSecret[],
  { url, maxBytes }: { readonly url: URL; readonly maxBytes: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { kind, data } of wholeMessages(outgoing, maxBytes)) {
    yield encodeMessage(kind, kind === KIND.text ? fillMessage(data, secrets, url) : data);
  }
}

/** What the server sends. */
export function scrubMessages(
  incoming: AsyncIterable<Uint8Array>,
  scrubber: () => Scrubber,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
): AsyncIterable<Uint8Array> {
  const source = incoming[Symbol.asyncIterator]();
  const messages = wholeMessages({ [Symbol.asyncIterator]: () => source }, maxBytes);
  const next = async () => {
    const message = await messages.next();
    if (message.done === true) return null;
    return encodeMessage(message.value.kind, scrubber().whole(message.value.data, maxBytes));
  };
  return ownedStream(next, () => void source.return?.(), signal);
}

function readText(text: string, pointer: string): TextAt | null {
  if (text.length <= SECRETS.maxBodyBytes) return jsonTextAt(text, pointer);
  throw new EffectError(
    "too-large",
    `Cannot send a secret in a message of more than ${SECRETS.maxBodyBytes} bytes`,
  );
}

function fillMessage(data: Uint8Array, secrets: readonly FrameSecret[], url: URL): Uint8Array {
  let text = Buffer.from(data).toString("utf8");
  for (const { name, pointer, filled } of secrets) {
    const next = fillText(text, pointer, filled(), readText);
    if (next === null) continue;
    if (!isPrivateWay(url)) throw unencrypted(name, url);
    text = next;
  }
  return Buffer.from(text);
}

export function unencrypted(name: string, { host, protocol }: URL): EffectError {
  return new EffectError(
    "denied",
    `Cannot send the secret "${name}" to "${host}": ${protocol.slice(0, -1)} is not encrypted`,
    { fix: `Use ${protocol.startsWith("ws") ? "wss" : "https"}` },
  );
}

async function* wholeMessages(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<{ readonly kind: MessageKind; readonly data: Uint8Array }, void, undefined> {
  let pieces: Uint8Array[] = [];
  for await (const { kind, bytes, isLast } of readMessages(source, maxBytes)) {
    pieces.push(bytes);
    if (!isLast) continue;
    yield { kind, data: Buffer.concat(pieces) };
    pieces = [];
  }
}
