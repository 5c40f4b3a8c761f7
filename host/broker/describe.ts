/** Effects in words: for the owner who is asked, and for the audit. */
import type {
  CallEffect,
  CommandRunEffect,
  EffectIdentity,
  EffectRequest,
  HttpRequestEffect,
  LlmChatEffect,
  SocketOpenEffect,
} from "#host/base/effect.ts";

const MAX_TITLE_CHARS = 80;
const MAX_QUOTE_CHARS = 200;
const MAX_TARGET_CHARS = 512;

/** A plugin's own text inside a sentence: whole lines or colours of a terminal don't get through. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text, MAX_QUOTE_CHARS));
}

/** What the audit keeps of an effect's target: a path, or a host with its path. Queries may hold secrets. */
export function targetOf(request: EffectRequest): string {
  if (request.kind === "command.run") return commandTarget(request);
  if (!("url" in request)) return nameOf(request).slice(0, MAX_TARGET_CHARS);
  const url = URL.parse(request.url);
  return (url === null ? "(not a URL)" : `${url.host}${url.pathname}`).slice(0, MAX_TARGET_CHARS);
}

/** Arguments may hold secrets too. */
function commandTarget({ command, args }: CommandRunEffect): string {
  const count = `${args.length} ${args.length === 1 ? "argument" : "arguments"}`;
  return `${command.slice(0, MAX_TARGET_CHARS)} (${count})`;
}

/** What the plugin called the thing that it wants: a URL, a path, a key, a secret's name, a host and port. */
function nameOf(request: EffectRequest): string {
  if ("url" in request) return request.url;
  if (request.kind === "socket.tcp") return `${request.host}:${request.port}`;
  if (request.kind === "llm.chat") return messageCount(request);
  if (request.kind === "command.run") return [request.command, ...request.args].join(" ");
  if (request.kind === "storage.list") return request.prefix;
  if (request.kind === "file.rename") return `${request.path} → ${request.to}`;
  if ("name" in request) return request.name;
  if ("key" in request) return request.key;
  return "path" in request ? request.path : callPartOf(request);
}

/** Ids alone: what a message says is nobody's business in a record. */
function callPartOf(request: CallEffect): string {
  if (request.kind === "channel.receive") return `${String(request.event.type)} ${String(request.event.id)}`;
  if (request.kind === "channel.prompt") return String(request.step.type);
  return request.kind === "channel.status" ? request.state : "the request";
}

/** What is said to the model stays between the plugin and the model. */
function messageCount({ messages }: LlmChatEffect): string {
  return messages.length === 1 ? "1 message" : `${messages.length} messages`;
}

const DEEDS: Record<EffectRequest["kind"], string> = {
  "channel.prompt": "ask the owner",
  "channel.receive": "hand over",
  "channel.status": "tell the state",
  "command.run": "run",
  "http.request": "request",
  "file.read": "read",
  "file.write": "write",
  "file.stat": "stat",
  "file.list": "list",
  "file.mkdir": "make the folder",
  "file.remove": "delete",
  "file.rename": "move",
  "llm.chat": "call the model with",
  "route.answer": "answer",
  "route.body": "read the body of",
  "secret.use": "use the secret",
  "secret.hmac": "sign with the secret",
  "secret.reveal": "read the secret",
  "socket.open": "open a socket to",
  "socket.tcp": "connect to",
  "storage.get": "get the stored value",
  "storage.set": "store the value",
  "storage.delete": "delete the stored value",
  "storage.list": "list the stored values below",
};

/** The effect as a sentence has it after "Cannot": `request "https://example.org/a"`, `read "/a/b"`. */
export function deedOf(request: EffectRequest): string {
  return `${DEEDS[request.kind]} ${quote(nameOf(request))}`;
}

/** The question as the owner reads it: one line of at most 80 characters, then exactly what would be sent. */
export function describeAsk(
  identity: EffectIdentity,
  request: EffectRequest,
  because: string | undefined,
): { readonly title: string; readonly lines: readonly string[] } {
  const name = nameOf(request);
  const what = "url" in request ? webLines(request) : [`${request.kind} ${name}`];
  const where = "url" in request ? (URL.parse(request.url)?.host ?? "") : name;
  return {
    title: shorten(`${identity.plugin} asks to reach ${where}`, MAX_TITLE_CHARS),
    lines: because === undefined ? what : [...what, because],
  };
}

function webLines(request: HttpRequestEffect | SocketOpenEffect): string[] {
  const names = request.headers.map(([name]) => name.toLowerCase());
  const isSocket = request.kind === "socket.open";
  return [
    `${isSocket ? "SOCKET" : request.method.toUpperCase()} ${URL.parse(request.url)?.href ?? request.url}`,
    ...(names.length === 0 ? [] : [`with the headers ${names.join(", ")}`]),
    ...(isSocket ? ["messages both ways while the call runs, which are not shown"] : []),
    ...(!isSocket && request.hasBody ? ["with a body, which is not shown"] : []),
  ];
}

function shorten(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
