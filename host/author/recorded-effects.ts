/**
 * Effects of tests: answered from what was recorded, or done for real and recorded.
 *
 * Guarantees that what the manifest does not allow is refused in tests as everywhere, that storage works (a test's
 * own, empty at first), that placeholders of secrets read the same in every record, and that an effect which was not
 * recorded is refused and remembered: it fails its test. No value of a secret is written.
 */
import type { EffectContext, EffectReply, EffectRequest, PerformEffect } from "#host/base/effect.ts";
import { HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import { AUTHOR } from "#host/base/limits.ts";
import { canonicalJson } from "#manifests/canonical.ts";
import type { RecordedBytes, RecordedEffect, RecordedReply } from "./fixtures.ts";

export interface RecordedEffectsDeps {
  /** The broker. */
  readonly perform: PerformEffect;
  /** Whether the manifest lets it through. */
  readonly isAllowed: (request: EffectRequest) => boolean;
  /** Effects that are recorded already, or null to record them. */
  readonly recorded: () => readonly RecordedEffect[] | null;
  /** Whether every effect is refused in this test. */
  readonly refusesAll: (test: string) => boolean;
  /** The fixture's name, for messages. */
  readonly name: () => string;
}

export interface RecordedEffects {
  readonly perform: PerformEffect;
  /** What was recorded since the last time it was asked. */
  take(): readonly RecordedEffect[];
  /** Effects of a test that were not recorded, as sentences. */
  unrecorded(test: string): readonly string[];
}

export function createRecordedEffects(deps: RecordedEffectsDeps): RecordedEffects {
  let fresh: RecordedEffect[] = [];
  const missed = new Map<string, string[]>();
  /** Each record answers one effect. */
  const used = new WeakSet<RecordedEffect>();

  const perform: PerformEffect = async (identity, request, context) => {
    const test = identity.call ?? "";
    if (request.kind.startsWith("storage.")) return deps.perform(identity, request, context);
    if (deps.refusesAll(test)) return refused(request, "every effect is refused in this test");
    // Refused in the broker's own words, and nothing is done for it.
    if (!deps.isAllowed(request)) return deps.perform(identity, request, context);
    const records = deps.recorded();
    if (request.kind === "secret.use" && records !== null)
      return { ok: true, head: { placeholder: stablePlaceholder(request.name) }, body: null };
    if (request.kind === "secret.reveal" && records !== null)
      return { ok: true, head: { value: `recorded-secret-${request.name}` }, body: null };
    if (request.kind.startsWith("socket."))
      return records === null ? deps.perform(identity, request, context) : miss(test, request, SOCKETS);
    const body = await collect(context.body);
    if (records !== null) return replay(test, request, body, records);
    const reply = await deps.perform(identity, request, withBody(context, body));
    return request.kind.startsWith("secret.") && request.kind !== "secret.hmac"
      ? reply
      : record(test, request, body, reply);
  };

  function replay(
    test: string,
    request: EffectRequest,
    body: Uint8Array,
    records: readonly RecordedEffect[],
  ): EffectReply {
    const fitting = records.filter((one) => one.test === test && fits(one, stable(request), bytesOf(body)));
    const found = fitting.find((one) => !used.has(one));
    if (found !== undefined) {
      used.add(found);
      return fromRecord(found.reply, request);
    }
    const times = fitting.length === 0 ? "it is not recorded" : `it is recorded ${fitting.length} times`;
    return miss(test, request, `${times} in ${deps.name()}`);
  }

  function miss(test: string, request: EffectRequest, rule: string): EffectReply {
    const message = `Cannot do this in a test: ${summaryOf(request)}: ${rule}`;
    missed.set(test, [...(missed.get(test) ?? []), message]);
    return { ok: false, failure: { code: "io", message, fix: "Run: openclaw plugin test --record" } };
  }

  async function record(
    test: string,
    request: EffectRequest,
    sent: Uint8Array,
    reply: EffectReply,
  ): Promise<EffectReply> {
    const got = reply.ok && reply.body !== null ? await collect(reply.body) : null;
    const kept: RecordedReply = reply.ok
      ? { ok: true, head: stable(reply.head), body: got === null ? null : bytesOf(got) }
      : { ok: false, failure: stable(reply.failure) };
    const body = sent.length === 0 ? {} : { body: bytesOf(sent) };
    fresh.push({ test, request: stable(request), ...body, reply: kept });
    return reply.ok && got !== null ? { ...reply, body: once(got) } : reply;
  }

  return {
    perform,
    take() {
      const taken = fresh;
      fresh = [];
      return taken;
    },
    unrecorded: (test) => missed.get(test) ?? [],
  };
}

const SOCKETS = "sockets are not recorded; test what stands around them";

function refused(request: EffectRequest, rule: string): EffectReply {
  const message = `Cannot do this: ${summaryOf(request)}: ${rule}`;
  return { ok: false, failure: { code: "denied", message, fix: "Tell the owner what is missing" } };
}

/** `http.request GET https://api.example.org/v1`. */
function summaryOf(request: EffectRequest): string {
  const { kind, method = "", url, path, command, name, host } = request as unknown as Record<string, string>;
  return [kind, method, url ?? path ?? command ?? name ?? host ?? ""].filter((part) => part !== "").join(" ");
}

/** A record says as much of a request as it cares for: what it leaves out may be anything. */
function fits(record: RecordedEffect, request: EffectRequest, body: RecordedBytes): boolean {
  const asked = request as unknown as Readonly<Record<string, unknown>>;
  const isSame = Object.entries(record.request).every(([field, value]) =>
    field === "headers" && Array.isArray(value) && Array.isArray(asked.headers)
      ? holdsAll(asked.headers, value)
      : canonicalJson(value) === canonicalJson(asked[field]),
  );
  return isSame && (record.body === undefined || canonicalJson(record.body) === canonicalJson(body));
}

function holdsAll(whole: readonly unknown[], part: readonly unknown[]): boolean {
  const lines = new Set(whole.map(canonicalJson));
  return part.every((line) => lines.has(canonicalJson(line)));
}

/** A placeholder is another one in every run; in records it has its name alone. */
const PLACEHOLDER = /openclaw-secret-([A-Za-z][\w-]{0,63}?)-[\w-]{24}(?![\w-])/g;

function stablePlaceholder(name: string): string {
  return `openclaw-secret-${name}-recorded`;
}

function stableText(text: string): string {
  return text.replace(PLACEHOLDER, (_all, name: string) => stablePlaceholder(name));
}

function stable<Value>(value: Value): Value {
  return JSON.parse(stableText(JSON.stringify(value))) as Value;
}

/** Text where it is one. */
function bytesOf(bytes: Uint8Array): RecordedBytes {
  try {
    return stableText(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return { base64: Buffer.from(bytes).toString("base64") };
  }
}

function fromRecord(reply: RecordedReply, request: EffectRequest): EffectReply {
  if (!reply.ok) return { ok: false, failure: reply.failure };
  const { body = null } = reply;
  const head = { ...usualHead(request), ...reply.head } as JsonObject;
  if (body === null) return { ok: true, head, body: null };
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : Buffer.from(body.base64, "base64");
  return { ok: true, head, body: once(bytes) };
}

/** What a record that was written by hand may leave out. */
function usualHead(request: EffectRequest): JsonObject {
  if (request.kind !== "http.request") return {};
  return { status: 200, statusText: "", headers: [], url: request.url };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  // A frame of the pipe holds no more than its share of a stream.
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

const CHUNK_BYTES = 32 * 1024;

function withBody(context: EffectContext, body: Uint8Array): EffectContext {
  return { ...context, body: once(body) };
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > AUTHOR.maxRecordedBytes) {
      throw new HostError("limit.exceeded", `Cannot record more than ${AUTHOR.maxRecordedBytes} bytes`, {
        fix: "Let the test ask for less",
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
