/** What a summary covers and what stays word for word. Pure. */
import { textOf, toolCallsOf, type Message, type SummaryMessage } from "#host/base/message.ts";
import type { RecentMessages } from "#host/base/transcript.ts";
import { HOST_PROVIDER, sizeOf, type WindowLimits } from "../window.ts";

export interface CompactionRules {
  readonly compactAtPercent: number;
  readonly keepPercent: number;
}

/** Whether the next turns would soon leave out what was said before. */
export function isNearlyFull(recent: RecentMessages, window: WindowLimits, rules: CompactionRules): boolean {
  const share = rules.compactAtPercent / 100;
  const bytes = sizeOf(recent.messages.map(({ message }) => message));
  return (
    recent.messages.length >= window.historyMessages * share ||
    bytes + (recent.summary?.content.length ?? 0) >= window.historyChars * share
  );
}

export interface CompactionPlan {
  readonly covered: RecentMessages["messages"];
  readonly kept: RecentMessages["messages"];
  readonly upTo: number;
}

/** Cut in front of a user's message, so that an answer stays with its question. Null where there is nothing to cover. */
export function planCompaction(
  recent: RecentMessages,
  keep: { readonly bytes: number; readonly messages: number },
): CompactionPlan | null {
  const { messages } = recent;
  let from = messages.length;
  let bytes = 0;
  for (let at = messages.length - 1; at > 0; at--) {
    const message = messages[at]?.message;
    if (message === undefined) break;
    bytes += sizeOf([message]);
    if (bytes > keep.bytes || messages.length - at > keep.messages) break;
    if (message.role === "user") from = at;
  }
  const covered = messages.slice(0, from);
  const upTo = covered.at(-1)?.seq;
  return upTo === undefined ? null : { covered, kept: messages.slice(from), upTo };
}

const LEAST_CHARS = 120;
const TOOL_CHARS = 600;

/**
 * The covered messages as text for the model, at most `maxChars` long: long ones are cut in their middle, and where
 * that is not enough the oldest are left out, which is said. An earlier summary is always whole.
 */
export function renderCovered(
  summary: SummaryMessage | null,
  messages: readonly Message[],
  maxChars: number,
): string {
  const before = summary === null ? "" : `Summary of what was before:\n${summary.content}\n\n`;
  const lines = messages.flatMap(lineOf);
  const room = Math.max(LEAST_CHARS, maxChars - before.length);
  const most = Math.max(LEAST_CHARS, Math.floor((room / Math.max(1, lines.length)) * 2));
  const cut = lines.map((line) => cutMiddle(line, most));
  let from = cut.length;
  for (let left = room; from > 0; from--) {
    left -= (cut[from - 1]?.length ?? 0) + 1;
    if (left < 0) break;
  }
  const leftOut = from === 0 ? "" : `[${from} earlier messages are left out]\n`;
  return `${before}${leftOut}${cut.slice(from).join("\n")}`;
}

function lineOf(message: Message): string[] {
  if (message.role === "user") return [`User: ${textOf(message)}`];
  if (message.role === "toolResult")
    return [`Result of ${message.toolName}: ${cutMiddle(textOf(message), TOOL_CHARS)}`];
  if (message.provider === HOST_PROVIDER) return [];
  const calls = toolCallsOf(message).map(
    ({ name, arguments: args }) => `Assistant calls ${name} ${cutMiddle(JSON.stringify(args), TOOL_CHARS)}`,
  );
  const said = textOf(message);
  return said === "" ? calls : [`Assistant: ${said}`, ...calls];
}

function cutMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  const half = Math.floor(most / 2) - 3;
  return `${text.slice(0, half)} […] ${text.slice(-half)}`;
}
