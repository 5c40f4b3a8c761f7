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
  type ToolCallPart,
  type ToolResultMessage,
  type UserMessage,
} from "#host/base/message.ts";

export type WindowLimits = Pick<AgentLimits, "historyMessages" | "historyChars">;

/** Messages that only make sense together: one message, or an answer with the results of its tools. */
type Group = readonly Message[];

/** Provider of the answers that the host gives itself (`/status`); the model does not see those exchanges. */
export const HOST_PROVIDER = "openclaw";

/**
 * @param history what came before, oldest first, as the store gives it
 * @param current the message being answered and what its run has added so far
 */
export function buildWindow(
  history: readonly Message[],
  current: readonly [UserMessage, ...Message[]],
  limits: WindowLimits = AGENT,
): Message[] {
  const [asked, ...added] = current;
  let messagesLeft = limits.historyMessages - 1;
  let charsLeft = limits.historyChars - sizeOf([asked]);
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
  const past =
    messagesLeft > 0 && charsLeft > 0 ? takeNewest(withoutHostAnswers(groupMessages(history)), 0) : [];
  const firstUser = past.findIndex((message) => message.role === "user");
  return [...(firstUser === -1 ? [] : past.slice(firstUser)), asked, ...newest];
}

function groupMessages(messages: readonly Message[]): Group[] {
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

/** Characters that a model reads; an image counts as a fixed number, for what it costs is not its length. */
const IMAGE_CHARS = 4_000;

function sizeOf(messages: readonly Message[]): number {
  let size = 0;
  for (const { content } of messages) {
    if (typeof content === "string") size += content.length;
    else for (const part of content) size += partSize(part);
  }
  return size;
}

function partSize(part: Exclude<Message["content"], string>[number]): number {
  if (part.type === "text") return part.text.length;
  if (part.type === "image") return IMAGE_CHARS;
  if (part.type === "thinking") return 0;
  return part.name.length + JSON.stringify(part.arguments).length;
}
