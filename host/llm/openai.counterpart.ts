/**
 * A server that speaks OpenAI's chat completions (and so LM Studio's) with scripted answers, for tests. The
 * markers stand in counterpart-script.ts. Arguments of tools come in pieces, as real servers send them.
 */
import type { ServerResponse } from "node:http";
import { playWords, sendJson, serveCounterpart, wait, type Counterpart } from "./counterpart-http.ts";
import { planAnswer, type Script, type ScriptedCall, type WireMessage } from "./counterpart-script.ts";

export interface OpenAiCounterpartOptions {
  /** Requests with another key are refused, and the refusal quotes the key that was sent. */
  readonly key?: string;
  readonly models?: readonly string[];
  /** What happens to requests with a key: a refusal in place of an answer. Keys that are not here are taken. */
  readonly keys?: Readonly<Record<string, KeyRefusal>>;
  readonly refusesTools?: boolean;
}

export interface KeyRefusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function startOpenAiCounterpart(options: OpenAiCounterpartOptions = {}): Promise<Counterpart> {
  return serveCounterpart(async ({ path, headers, body }, response) => {
    const given = headers.authorization?.replace("Bearer ", "");
    if (options.key !== undefined && given !== options.key)
      return refuse(response, 401, `wrong key: ${given}`);
    const refusal = options.keys?.[given ?? ""];
    if (refusal !== undefined) {
      for (const [name, value] of Object.entries(refusal.headers ?? {})) response.setHeader(name, value);
      return refuse(response, refusal.status, refusal.message);
    }
    if (path === "/v1/models")
      return sendJson(response, { data: (options.models ?? ["fake"]).map((id) => ({ id })) });
    if (path !== "/v1/chat/completions") return refuse(response, 404, "not found");
    if (options.refusesTools === true && Array.isArray(body.tools)) {
      return refuse(response, 400, `"auto" tool choice requires --enable-auto-tool-choice`);
    }
    const script = planAnswer((body.messages ?? []) as WireMessage[], { tokens: 16, delayMs: 0 });
    if (script.delayMs > 0) await wait(script.delayMs);
    if (script.failsBy === "error") return refuse(response, 500, "asked to fail by the message");
    await play(script, response);
  });
}

function refuse(response: ServerResponse, status: number, message: string): void {
  sendJson(response, { error: { message, type: "invalid_request_error" } }, status);
}

async function play(script: Script, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (delta: object, finishReason: string | null = null) =>
    response.write(
      `data: ${JSON.stringify({ id: "chatcmpl-1", choices: [{ index: 0, delta, finish_reason: finishReason }] })}\n\n`,
    );
  send({ role: "assistant", content: "" });
  for (const word of script.thinking) send({ reasoning_content: word });
  for (const [index, call] of script.calls.entries()) {
    for (const piece of pieces(call, index)) send({ tool_calls: [piece] });
  }
  if (!(await playWords(script, response, (content) => send({ content })))) return;
  send({}, script.calls.length > 0 ? "tool_calls" : script.stopsBy);
  const usage = {
    prompt_tokens: 10,
    completion_tokens: script.words.length,
    total_tokens: 10 + script.words.length,
  };
  response.write(`data: ${JSON.stringify({ id: "chatcmpl-1", choices: [], usage })}\n\n`);
  response.end("data: [DONE]\n\n");
}

function pieces(call: ScriptedCall, index: number): object[] {
  const json = typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);
  const half = Math.ceil(json.length / 2);
  return [
    { index, id: `call_${index}`, type: "function", function: { name: call.name, arguments: "" } },
    { index, function: { arguments: json.slice(0, half) } },
    { index, function: { arguments: json.slice(half) } },
  ];
}
