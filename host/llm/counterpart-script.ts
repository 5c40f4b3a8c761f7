/**
 * What the counterpart servers answer, decided from the conversation alone so that answers repeat exactly.
 *
 * Markers in the newest user message:
 * `[[tokens:N]]` so many words · `[[say:TEXT]]` this text · `[[think:N]]` so many words of thinking first ·
 * `[[tool:NAME {"a":1}]]` one tool call (several markers: several calls), text after the results ·
 * `[[loop:NAME {}]]` that tool call again and again · `[[raw:NAME TEXT]]` a tool call whose arguments are not JSON ·
 * `[[delay:MS]]` before the first word · `[[pace:MS]]` between words · `[[error]]` status 500 ·
 * `[[die]]` the connection is cut after half of the words · `[[silence]]` nothing more after half of them ·
 * `[[garbage]]` a line that is not JSON after half of them · `[[length]]` ends by the length limit.
 */
export interface ScriptedCall {
  readonly name: string;
  /** An object, or a text that is no JSON. */
  readonly arguments: unknown;
}

export interface Script {
  readonly thinking: readonly string[];
  readonly words: readonly string[];
  readonly calls: readonly ScriptedCall[];
  readonly delayMs: number;
  readonly paceMs: number;
  readonly stopsBy: "stop" | "length";
  readonly failsBy: "error" | "die" | "silence" | "garbage" | null;
}

export interface ScriptDefaults {
  readonly tokens: number;
  readonly delayMs: number;
}

/** A message as the three wire formats have them. */
export interface WireMessage {
  readonly role?: unknown;
  readonly content?: unknown;
  readonly tool_calls?: unknown;
}

export function planAnswer(messages: readonly WireMessage[], defaults: ScriptDefaults): Script {
  const turnStart = messages.findLastIndex((message) => message.role === "user" && !isToolResult(message));
  const asked = messages[turnStart];
  const text = asked === undefined ? "" : contentText(asked.content);
  const answered = messages
    .slice(turnStart + 1)
    .some((message) => message.role === "tool" || isToolResult(message));
  const calls = [
    ...callsIn(text, "loop"),
    ...(answered ? [] : [...callsIn(text, "tool"), ...rawCallsIn(text)]),
  ];
  const failsBy = (["error", "die", "silence", "garbage"] as const).find((mark) =>
    text.includes(`[[${mark}]]`),
  );
  const said = /\[\[say:([\s\S]*?)\]\]/.exec(text)?.[1];
  return {
    thinking: words("think", numberIn(text, "think") ?? 0),
    words:
      calls.length > 0
        ? []
        : said === undefined
          ? words("tok", numberIn(text, "tokens") ?? defaults.tokens)
          : [said],
    calls,
    delayMs: numberIn(text, "delay") ?? defaults.delayMs,
    paceMs: numberIn(text, "pace") ?? 0,
    stopsBy: text.includes("[[length]]") ? "length" : "stop",
    failsBy: failsBy ?? null,
  };
}

function words(stem: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? `${stem}0` : ` ${stem}${index}`));
}

function numberIn(text: string, mark: string): number | null {
  const found = new RegExp(String.raw`\[\[${mark}:(\d+)\]\]`).exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

function callsIn(text: string, mark: string): ScriptedCall[] {
  const marker = new RegExp(String.raw`\[\[${mark}:([\w.-]+)\s*(\{[\s\S]*?\})?\]\]`, "g");
  return [...text.matchAll(marker)].map(([, name = "", json]) => ({
    name,
    arguments: JSON.parse(json ?? "{}"),
  }));
}

function rawCallsIn(text: string): ScriptedCall[] {
  return [...text.matchAll(/\[\[raw:([\w.-]+) ([\s\S]*?)\]\]/g)].map(([, name = "", raw]) => ({
    name,
    arguments: raw,
  }));
}

function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: { text?: unknown }) => (typeof part.text === "string" ? part.text : "")).join("");
}

/** Anthropic's tool results come as parts of a user message. */
function isToolResult(message: WireMessage): boolean {
  return (
    Array.isArray(message.content) &&
    message.content.some((part: { type?: unknown }) => part.type === "tool_result")
  );
}
