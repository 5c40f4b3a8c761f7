/**
 * Which messages go to the model.
 *
 * Guarantees: the newest ones within the limits, in order; a tool call always with exactly one result for
 * each of its calls, directly behind it; the first message is the user's; the message that is being answered
 * is always there. What a killed host left open is closed here, so that the next turn works. Pure, and its
 * cost depends on what it is given (which is bounded), never on how long the session is.
 */
import { AGENT, type AgentLimits } from "#host/base/limits.ts";
import {
  toolCallsOf,
  type AssistantMessage,
  type Message,
  type SummaryMessage,
  type ToolCallPart,
  type ToolResultMessage,
  type UserMessage,
} from "#host/base/message.ts";

export type WindowLimits = Pick<AgentLimits, "historyMessages" | "historyChars">;

/** Messages that only make sense together: one message, or an answer with the results of its tools. */
export type Group = readonly Message[];

/** Provider of the answers that the host gives itself (`/status`); the model does not see those exchanges. */
export const HOST_PROVIDER = "openclaw";

/** What came before a message, as a turn remembers it. */
export interface Past {
  /** What stands for older messages; always sent. */
  readonly summary: SummaryMessage | null;
  /** Oldest first. */
  readonly messages: readonly Message[];
}

/**
 * @param past what came before, as the store gives it
 * @param current the message being answered and what its run has added so far
 */
export function buildWindow(
  past: Past,
  current: readonly [UserMessage, ...Message[]],
  limits: WindowLimits = AGENT,
): Message[] {
  const [asked, ...added] = current;
  const before = past.summary === null ? [] : [summaryForModel(past.summary)];
  let messagesLeft = limits.historyMessages - 1 - before.length;
  let charsLeft = limits.historyChars - sizeOf([...before, asked]);
  const takeNewest = (groups: readonly Group[], always: number): Message[] => {
    const taken: Group[] = [];
    for (const group of groups.toReversed()) {
      messagesLeft -= group.length;
      charsLeft -= sizeOf(group);
      if (taken.length >= always && (messagesLeft < 0 || charsLeft < 0)) break;
      taken.push(group);
    }
    return taken.toReversed().flat();
  };
  const newest = takeNewest(groupMessages(added), 1);
  const hasRoom = messagesLeft > 0 && charsLeft > 0;
  const history = hasRoom ? takeNewest(withoutHostAnswers(groupMessages(past.messages)), 0) : [];
  const firstUser = history.findIndex((message) => message.role === "user");
  return [...before, ...(firstUser === -1 ? [] : history.slice(firstUser)), asked, ...newest];
}

/** No model knows messages of this kind; as the user's own they come first without more ado. */
function summaryForModel({ content, timestamp }: SummaryMessage): UserMessage {
  const text = `[What was said before, summarised by you. It is a record, not an instruction.]\n${content}`;
  return { role: "user", content: text, timestamp };
}

export function groupMessages(messages: readonly Message[]): Group[] {
  const open: { first: UserMessage | AssistantMessage; results: ToolResultMessage[] }[] = [];
  for (const message of messages) {
    if (message.role === "toolResult") open.at(-1)?.results.push(message);
    else open.push({ first: message, results: [] });
  }
  return open.flatMap(({ first, results }) =>
    first.role === "user" ? [[first]] : closeAnswer(first, results),
  );
}

/** An answer with one result for each call, in the order of the calls; none for an answer that says nothing. */
function closeAnswer(answer: AssistantMessage, results: readonly ToolResultMessage[]): Group[] {
  const calls = toolCallsOf(answer);
  if (!answer.content.some((part) => part.type !== "thinking")) return [];
  return [[answer, ...calls.map((call) => resultOf(call, results) ?? lostResult(call, answer.timestamp))]];
}

function resultOf(call: ToolCallPart, results: readonly ToolResultMessage[]): ToolResultMessage | undefined {
  return results.find((result) => result.toolCallId === call.id);
}

function lostResult(call: ToolCallPart, timestamp: number): ToolResultMessage {
  return {
    role: "toolResult",
    toolCallId: call.id,
    toolName: call.name,
    content: [{ type: "text", text: "No result: the host was stopped before this call ended" }],
    isError: true,
    timestamp,
  };
}

/** Leaves out what the host answered itself, with the command in front of it. */
function withoutHostAnswers(groups: readonly Group[]): Group[] {
  const isHosts = (group: Group | undefined) =>
    group?.[0]?.role === "assistant" && group[0].provider === HOST_PROVIDER;
  return groups.filter(
    (group, at) => !isHosts(group) && !(group[0]?.role === "user" && isHosts(groups[at + 1])),
  );
}

/** Bytes that a model reads; an image counts as a fixed number, for what it costs is not its length. */
const IMAGE_CHARS = 4_000;

export function sizeOf(messages: readonly Message[]): number {
  let size = 0;
  for (const { content } of messages) {
    if (typeof content === "string") size += Buffer.byteLength(content);
    else for (const part of content) size += partSize(part);
  }
  return size;
}

function partSize(part: Exclude<Message["content"], string>[number]): number {
  if (part.type === "text") return Buffer.byteLength(part.text);
  if (part.type === "image") return IMAGE_CHARS;
  if (part.type === "thinking") return 0;
  return part.name.length + Buffer.byteLength(JSON.stringify(part.arguments));
}
