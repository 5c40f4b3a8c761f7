/**
 * A server that speaks Anthropic's Messages API with scripted answers, for tests. The markers stand in
 * counterpart-script.ts. As strict as the service where it matters: key, version, roles, empty texts.
 */
import type { ServerResponse } from "node:http";
import { playWords, sendJson, serveCounterpart, wait, type Counterpart } from "./counterpart-http.ts";
import { planAnswer, type Script, type ScriptedCall, type WireMessage } from "./counterpart-script.ts";

export function startAnthropicCounterpart(key: string): Promise<Counterpart> {
  return serveCounterpart(async ({ path, headers, body }, response) => {
    if (headers["x-api-key"] !== key)
      return refuse(response, 401, "authentication_error", "invalid x-api-key");
    if (path === "/v1/models") {
      return sendJson(response, { data: [{ id: "claude-fake-opus" }, { id: "claude-fake-sonnet" }] });
    }
    const broken = headers["anthropic-version"] === undefined ? "no version" : findBreach(body);
    if (broken !== null) return refuse(response, 400, "invalid_request_error", broken);
    const script = planAnswer((body.messages ?? []) as WireMessage[], { tokens: 16, delayMs: 0 });
    if (script.delayMs > 0) await wait(script.delayMs);
    if (script.failsBy === "error")
      return refuse(response, 529, "overloaded_error", "asked to fail by the message");
    await play(script, response);
  });
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  sendJson(response, { type: "error", error: { type, message } }, status);
}

/** What the service would refuse; null if nothing. */
function findBreach(body: Record<string, unknown>): string | null {
  const messages = body.messages as { role: string; content: Record<string, unknown>[] }[];
  if (typeof body.max_tokens !== "number") return "max_tokens: field required";
  if (messages[0]?.role !== "user") return "messages: first message must use the user role";
  const parts = messages.flatMap((message) => message.content);
  if (parts.some((part) => part.type === "text" && part.text === ""))
    return "text content blocks must be non-empty";
  for (const [at, message] of messages.entries()) {
    const asked = message.content.filter((part) => part.type === "tool_use");
    const answered = messages[at + 1]?.content.filter((part) => part.type === "tool_result") ?? [];
    if (asked.length > answered.length)
      return "tool_use ids were found without tool_result blocks immediately after";
  }
  return null;
}

async function play(script: Script, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (type: string, rest: object = {}) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
  send("message_start", { message: { usage: { input_tokens: 10, output_tokens: 1 } } });
  send("ping");
  let index = 0;
  if (script.thinking.length > 0) {
    send("content_block_start", { index, content_block: { type: "thinking", thinking: "" } });
    for (const thinking of script.thinking)
      send("content_block_delta", { index, delta: { type: "thinking_delta", thinking } });
    send("content_block_stop", { index: index++ });
  }
  for (const call of script.calls) sendCall(send, index++, call);
  send("content_block_start", { index, content_block: { type: "text", text: "" } });
  const write = (text: string) => send("content_block_delta", { index, delta: { type: "text_delta", text } });
  if (!(await playWords(script, response, write))) return;
  send("content_block_stop", { index });
  const stopReason =
    script.calls.length > 0 ? "tool_use" : script.stopsBy === "length" ? "max_tokens" : "end_turn";
  send("message_delta", {
    delta: { stop_reason: stopReason },
    usage: { output_tokens: script.words.length },
  });
  send("message_stop");
  response.end();
}

function sendCall(send: (type: string, rest: object) => void, index: number, call: ScriptedCall): void {
  const json = typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);
  const half = Math.ceil(json.length / 2);
  send("content_block_start", {
    index,
    content_block: { type: "tool_use", id: `toolu_${index}`, name: call.name, input: {} },
  });
  for (const partial of [json.slice(0, half), json.slice(half)]) {
    send("content_block_delta", { index, delta: { type: "input_json_delta", partial_json: partial } });
  }
  send("content_block_stop", { index });
}
