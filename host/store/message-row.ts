/** A message as a row: what is kept beside its JSON so that lists and windows need not read it. Pure. */
import type { StoredMessage } from "#host/base/message.ts";
import { textOf } from "#host/base/message.ts";

/** Characters of the last message that a session list shows. */
const PREVIEW_CHARS = 160;

/** Where a message goes. `now`: milliseconds since 1970. */
interface Place {
  readonly session: number;
  readonly seq: number;
  readonly id: string;
  readonly runId: string;
  readonly now: number;
}

/** A message as it stands in its table. */
export function messageRow({ now, ...place }: Place, message: StoredMessage) {
  const body = JSON.stringify(message);
  const idempotencyKey = message.role === "user" ? (message.idempotencyKey ?? null) : null;
  return { ...place, role: message.role, idempotencyKey, createdAt: now, chars: body.length, body };
}

/** Position of the oldest message that still fits; `sizes` come newest first. Null if there is none. */
export function firstThatFits(
  sizes: readonly { readonly seq: number; readonly chars: number }[],
  chars: number,
): number | null {
  let from: number | null = null;
  let left = chars;
  for (const size of sizes) {
    left -= size.chars;
    if (left < 0 && from !== null) break;
    from = size.seq;
  }
  return from;
}

/** What a list shows of a session; null for messages that nobody reads there. */
export function previewOf(message: StoredMessage): string | null {
  if (message.role === "toolResult" || message.role === "compactionSummary") return null;
  const text = textOf(message)
    .slice(0, PREVIEW_CHARS * 2)
    .replace(/\s+/g, " ")
    .trim();
  return text === "" ? null : text.slice(0, PREVIEW_CHARS);
}
