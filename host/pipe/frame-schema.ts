/**
 * What a host accepts from a sandbox: every frame, every field, checked once at the border.
 *
 * The sender is taken to be hostile: its V8 may have been broken out of. Guarantees that what passes is a
 * `SandboxFrame` of known kind, with whole numbers, bounded texts and no unknown key. Whether a frame's
 * numbers name what its sender owns is the sandbox room's question.
 */
import * as v from "valibot";
import type { EffectRequest } from "#host/base/effect.ts";
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import { BROKER, LLM, PIPE } from "#host/base/limits.ts";
import type { SandboxFrame } from "./protocol.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = (maxChars: number) => v.pipe(v.string(), v.maxLength(maxChars));
const key = text(PIPE.maxTargetChars);
const target = v.pipe(v.string(), v.minLength(1), v.maxLength(PIPE.maxTargetChars));

const headers = v.pipe(
  v.array(v.strictTuple([v.string(), v.string()])),
  v.maxLength(PIPE.maxHeaderLines),
  v.check(
    (lines) =>
      lines.reduce((sum, [name, value]) => sum + name.length + value.length, 0) <= BROKER.maxHeaderBytes,
    `must have at most ${BROKER.maxHeaderBytes} characters together`,
  ),
);

const secretName = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

const json = v.custom<JsonValue>(
  (value) => depthWithin(value, PIPE.maxJsonDepth),
  `must be JSON nested at most ${PIPE.maxJsonDepth} deep`,
);

const jsonObject = v.custom<JsonObject>(
  (value) => isJsonObject(value) && depthWithin(value, PIPE.maxJsonDepth),
  `must be a JSON object nested at most ${PIPE.maxJsonDepth} deep`,
);

const llmText = text(LLM.maxRequestBytes);

const LlmMessage = v.strictObject({
  role: v.picklist(["system", "user", "assistant"]),
  content: v.union([
    llmText,
    v.pipe(
      v.array(
        v.variant("type", [
          v.strictObject({ type: v.literal("text"), text: llmText }),
          v.strictObject({
            type: v.literal("image"),
            data: v.pipe(llmText, v.regex(/^[A-Za-z0-9+/]+={0,2}$/, "must be base64")),
            mimeType: v.picklist(["image/png", "image/jpeg", "image/webp", "image/gif"]),
          }),
        ]),
      ),
      v.maxLength(LLM.maxMessages),
    ),
  ]),
});

const HttpRequest = v.strictObject({
  kind: v.literal("http.request"),
  method: v.pipe(v.string(), v.regex(/^[A-Za-z]{1,16}$/, "must be 1 to 16 letters")),
  url: target,
  headers,
  redirect: v.picklist(["follow", "manual", "error"]),
  hasBody: v.boolean(),
});

/** What a service brought in or asks for. Its parts are looked at where they are kept, which can tell the author. */
const record = v.custom<JsonObject>(
  (value) => isJsonObject(value) && depthWithin(value, PIPE.maxEventDepth),
  `must be an object nested at most ${PIPE.maxEventDepth} deep`,
);

const AnyRequest = v.variant("kind", [
  HttpRequest,
  v.strictObject({ kind: v.literal("route.body") }),
  v.strictObject({
    kind: v.literal("route.answer"),
    status: v.pipe(count, v.minValue(200), v.maxValue(599)),
    headers,
    hasBody: v.boolean(),
  }),
  v.strictObject({ kind: v.literal("channel.receive"), event: record }),
  v.strictObject({
    kind: v.literal("channel.status"),
    state: v.picklist(["connecting", "connected", "offline", "logged-out"]),
    detail: text(PIPE.maxTextChars),
  }),
  v.strictObject({ kind: v.literal("channel.prompt"), step: record }),
  v.strictObject({
    kind: v.literal("file.read"),
    path: target,
    offset: v.exactOptional(count),
    length: v.exactOptional(count),
  }),
  v.strictObject({
    kind: v.literal("file.write"),
    path: target,
    mode: v.picklist(["create", "replace", "append"]),
  }),
  v.strictObject({ kind: v.literal("file.stat"), path: target }),
  v.strictObject({ kind: v.literal("file.list"), path: target }),
  v.strictObject({ kind: v.literal("file.mkdir"), path: target }),
  v.strictObject({ kind: v.literal("file.remove"), path: target, recursive: v.boolean() }),
  v.strictObject({ kind: v.literal("file.rename"), path: target, to: target, replace: v.boolean() }),
  v.strictObject({ kind: v.literal("secret.use"), name: secretName }),
  v.strictObject({
    kind: v.literal("secret.hmac"),
    name: secretName,
    algorithm: v.picklist(["sha1", "sha256"]),
  }),
  v.strictObject({ kind: v.literal("secret.reveal"), name: secretName }),
  v.strictObject({
    kind: v.literal("socket.open"),
    url: target,
    protocols: v.pipe(v.array(v.pipe(v.string(), v.maxLength(256))), v.maxLength(32)),
    headers,
  }),
  v.strictObject({
    kind: v.literal("socket.tcp"),
    host: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
    port: v.pipe(count, v.minValue(1), v.maxValue(65_535)),
    tls: v.boolean(),
  }),
  v.strictObject({
    kind: v.literal("command.run"),
    command: target,
    args: v.pipe(v.array(text(PIPE.maxArgChars)), v.maxLength(PIPE.maxArgs)),
    env: v.pipe(v.record(text(256), text(PIPE.maxArgChars)), v.maxEntries(256)),
    cwd: v.exactOptional(target),
    hasStdin: v.boolean(),
  }),
  v.strictObject({
    kind: v.literal("llm.chat"),
    messages: v.pipe(v.array(LlmMessage), v.minLength(1), v.maxLength(LLM.maxMessages)),
    maxTokens: v.exactOptional(v.pipe(count, v.minValue(1))),
    temperature: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
    schema: v.exactOptional(jsonObject),
  }),
  v.strictObject({ kind: v.literal("storage.get"), key }),
  v.strictObject({
    kind: v.literal("storage.set"),
    key,
    format: v.picklist(["json", "bytes"]),
  }),
  v.strictObject({ kind: v.literal("storage.delete"), key }),
  v.strictObject({
    kind: v.literal("storage.list"),
    prefix: key,
    after: v.exactOptional(key),
  }),
]) satisfies v.GenericSchema<unknown, EffectRequest>;

const BY_REQUEST: ReadonlyMap<unknown, v.GenericSchema<unknown, EffectRequest>> = new Map(
  AnyRequest.options.map((option) => [option.entries.kind.literal, option]),
);

/** The same: a variant tries the kinds in turn, and the last one costs more than the rest of its frame. */
const Request = v.lazy((request) => BY_REQUEST.get(kindOf(request)) ?? AnyRequest);

const EffectFailure = v.strictObject({
  code: v.picklist([
    "denied",
    "aborted",
    "not-found",
    "exists",
    "too-large",
    "timeout",
    "network",
    "io",
    "invalid",
  ]),
  message: text(PIPE.maxErrorChars),
  fix: v.exactOptional(text(PIPE.maxErrorChars)),
});

const PluginFailure = v.strictObject({
  name: text(256),
  message: text(PIPE.maxErrorChars),
  stack: v.exactOptional(text(PIPE.maxErrorChars)),
  failure: v.exactOptional(EffectFailure),
});

const inCall = { isolate: count, call: count };
const inEffect = { isolate: count, effect: count };

/** One schema for each kind: a lookup costs less than trying them in turn. */
const SCHEMAS = {
  effect: v.strictObject({ t: v.literal("effect"), ...inEffect, call: count, request: Request }),
  chunk: v.strictObject({ t: v.literal("chunk"), ...inEffect }),
  credit: v.strictObject({ t: v.literal("credit"), ...inEffect, bytes: v.pipe(count, v.minValue(1)) }),
  end: v.strictObject({ t: v.literal("end"), ...inEffect, failure: v.exactOptional(EffectFailure) }),
  cancel: v.strictObject({ t: v.literal("cancel"), ...inEffect }),
  result: v.variant("ok", [
    v.strictObject({ t: v.literal("result"), ...inCall, ok: v.literal(true), value: json }),
    v.strictObject({ t: v.literal("result"), ...inCall, ok: v.literal(false), error: PluginFailure }),
  ]),
  update: v.strictObject({ t: v.literal("update"), ...inCall, text: text(PIPE.maxTextChars) }),
  console: v.strictObject({
    t: v.literal("console"),
    isolate: count,
    level: v.picklist(["debug", "info", "warn", "error"]),
    text: text(PIPE.maxTextChars),
  }),
  opened: v.strictObject({
    t: v.literal("opened"),
    isolate: count,
    ok: v.boolean(),
    error: v.exactOptional(PluginFailure),
  }),
  crash: v.strictObject({ t: v.literal("crash"), isolate: count, reason: text(PIPE.maxErrorChars) }),
  ready: v.strictObject({ t: v.literal("ready"), version: count, node: text(64), v8: text(64) }),
  walls: v.strictObject({
    t: v.literal("walls"),
    network: v.boolean(),
    filesystem: v.boolean(),
    processes: v.boolean(),
    environment: v.boolean(),
  }),
} satisfies { [Kind in SandboxFrame["t"]]: v.GenericSchema<unknown, Extract<SandboxFrame, { t: Kind }>> };

const BY_KIND: ReadonlyMap<unknown, v.GenericSchema<unknown, SandboxFrame>> = new Map(
  Object.entries(SCHEMAS),
);

/** Only these carry bytes, and only so many; a payload elsewhere would be held for nothing. */
function payloadAllowed(kind: unknown, bytes: number): boolean {
  return kind === "chunk" ? bytes >= 1 && bytes <= PIPE.chunkBytes : bytes === 0;
}

/** Throws HostError `sandbox.protocol` that names the kind, the field and the rule; never the value. */
export function parseSandboxFrame(header: JsonObject, payloadBytes = 0): SandboxFrame {
  const schema = BY_KIND.get(header.t);
  if (schema === undefined) throw refused("unknown", "its kind is none of the sandbox's");
  const kind = String(header.t);
  const parsed = v.safeParse(schema, header, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const message = issue.type === "strict_object" ? "has a missing or unknown key" : rule(issue);
    throw refused(kind, `${v.getDotPath(issue) ?? "the frame"} ${message}`);
  }
  if (!payloadAllowed(kind, payloadBytes)) {
    throw refused(kind, `its payload of ${payloadBytes} bytes is outside its bounds`);
  }
  return parsed.output;
}

/** valibot's own messages quote what was received, which is the sender's text. */
function rule(issue: v.BaseIssue<unknown>): string {
  if (issue.message.startsWith("must ")) return issue.message;
  return `must be ${issue.expected ?? "of the declared form"}`;
}

function refused(kind: string, reason: string): HostError {
  return new HostError("sandbox.protocol", `Cannot accept a frame "${kind}": ${reason}`);
}

function kindOf(request: unknown): unknown {
  return typeof request === "object" && request !== null && "kind" in request ? request.kind : undefined;
}

/** Without recursion: depth is what the sender chose. */
function depthWithin(value: unknown, limit: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limit) return false;
    level = level.flatMap((item) =>
      Object.values(item).filter((inner): inner is object => typeof inner === "object" && inner !== null),
    );
  }
  return true;
}
