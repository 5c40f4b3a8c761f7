/**
 * A server that speaks OpenAI's chat completions (and so LM Studio's) and Responses with scripted answers, for tests. The
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
    if (path !== "/v1/chat/completions" && path !== "/v1/responses")
      return refuse(response, 404, "not found");
    if (options.refusesTools === true && Array.isArray(body.tools)) {
      return refuse(response, 400, `"auto" tool choice requires --enable-auto-tool-choice`);
    }
    const isChat = path === "/v1/chat/completions";
    const messages = isChat ? ((body.messages ?? []) as WireMessage[]) : toWire(body.input);
    const script = planAnswer(messages, { tokens: 16, delayMs: 0 });
    if (script.delayMs > 0) await wait(script.delayMs);
    if (script.failsBy === "error") return refuse(response, 500, "asked to fail by the message");
    await (isChat ? play(script, response) : playResponse(script, response));
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

/** Input items of the Responses API as messages of chat completions have them. */
function toWire(input: unknown): WireMessage[] {
  const items = (Array.isArray(input) ? input : []) as { type?: string; role?: string; content?: unknown }[];
  return items.map((item) => ({
    role:
      item.type === "function_call_output" ? "tool" : item.type === "function_call" ? "assistant" : item.role,
    content: item.content,
  }));
}

/** The events of https://platform.openai.com/docs/api-reference/responses-streaming, as far as they tell something. */
async function playResponse(script: Script, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  let sequence = 0;
  const send = (type: string, rest: object) =>
    response.write(
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...rest })}\n\n`,
    );
  send("response.created", { response: { id: "resp_1", status: "in_progress" } });
  for (const delta of script.thinking)
    send("response.reasoning_summary_text.delta", { output_index: 0, delta });
  for (const [at, call] of script.calls.entries()) sendCall(call, at + 1, send);
  if (
    !(await playWords(script, response, (delta) =>
      send("response.output_text.delta", { output_index: 0, delta }),
    ))
  )
    return;
  const isCut = script.stopsBy === "length";
  const output = script.words.length;
  const usage = { input_tokens: 10, output_tokens: output, total_tokens: 10 + output };
  const type = isCut ? "response.incomplete" : "response.completed";
  send(type, { response: { id: "resp_1", status: isCut ? "incomplete" : "completed", usage } });
  response.end();
}

function sendCall(call: ScriptedCall, index: number, send: (type: string, rest: object) => void): void {
  const json = typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);
  const item = { type: "function_call", id: `fc_${index}`, call_id: `call_${index}`, name: call.name };
  send("response.output_item.added", { output_index: index, item: { ...item, arguments: "" } });
  const half = Math.ceil(json.length / 2);
  for (const delta of [json.slice(0, half), json.slice(half)])
    send("response.function_call_arguments.delta", { output_index: index, delta });
  send("response.output_item.done", { output_index: index, item: { ...item, arguments: json } });
}
