/**
 * What passes through the two doors of an isolate, both ways. Types only: the isolate and the child that runs
 * it both compile against this file.
 *
 * Every message is JSON text with at most one ArrayBuffer beside it, copied. No message names its isolate: the
 * child knows which door it came through.
 */
import type { JsonObject, JsonValue } from "#host/base/json.ts";
import type {
  CallFrame,
  ChunkFrame,
  ConsoleFrame,
  CreditFrame,
  EffectFrame,
  EndFrame,
  OpenFrame,
  PluginFailure,
  RefusalFrame,
  ReplyFrame,
} from "#host/pipe/protocol.ts";

/** `Omit` for each member of a union. */
type Without<Frame, Key extends PropertyKey> = Frame extends unknown ? Omit<Frame, Key> : never;

/** The out door. Answers only what `Question` asks; everything else returns undefined. */
export type OutDoor = (message: string, bytes?: ArrayBuffer) => unknown;

/** The in door, held by the child alone. It never throws a failure of its own. */
export type InDoor = (message: string, bytes?: ArrayBuffer) => void;

/**
 * Bounds that the child gives to an isolate at its start. Kept in the isolate they are errors that a plugin can
 * handle; the child keeps the same ones, and there they end the isolate.
 */
export interface EdgeLimits {
  readonly windowBytes: number;
  readonly chunkBytes: number;
  readonly openEffects: number;
  /** Characters of one console line or progress text. */
  readonly textChars: number;
  /** Bytes of one call's result, as JSON. */
  readonly resultBytes: number;
  /** Bytes of one request to the model, as JSON. */
  readonly llmRequestBytes: number;
  readonly timers: number;
  readonly native: NativeLimits;
  readonly wasm: boolean;
}

/** What the isolate's runtime itself must keep of `NATIVE`; the other bounds are answered as failures. */
export interface NativeLimits {
  readonly jobs: number;
  readonly jobBytes: number;
  readonly syncBytes: number;
  readonly waitMs: number;
  readonly onceBytes: number;
}

/**
 * Native work: an operation by its name, its arguments, and the bytes that it works on. `parts` names these in
 * the order in which they stand in the one buffer beside the message, with their lengths.
 */
export interface NativeRequest {
  readonly op: string;
  readonly args: JsonObject;
  readonly parts: Readonly<Record<string, number>>;
}

/** Why native work failed: a name of a DOMException or of an error class, and Node's code if it has one. */
export interface NativeFailure {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

export type NativeResult =
  { readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly error: NativeFailure };

/** From the child. */
export type Inward =
  /** The plugin's code has been evaluated: look at what it exports. */
  | { readonly t: "open"; readonly config: OpenFrame["config"] }
  | Pick<CallFrame, "t" | "call" | "entry" | "name" | "args">
  | { readonly t: "abort"; readonly call: number; readonly reason: string }
  | Without<ReplyFrame | RefusalFrame, "isolate">
  | Without<ChunkFrame, "isolate">
  | Without<EndFrame, "isolate">
  | Without<CreditFrame, "isolate">
  | { readonly t: "timer"; readonly timer: number }
  /** A promise was rejected and nobody handled it. V8 says so after the entry in which it happened. */
  | { readonly t: "rejection"; readonly error: PluginFailure }
  /** How native work went; bytes that it made come beside it. */
  | ({ readonly t: "job"; readonly job: number } & NativeResult);

/** To the child, without an answer. */
export type Outward =
  | { readonly t: "opened"; readonly ok: true }
  | { readonly t: "opened"; readonly ok: false; readonly error: PluginFailure }
  | { readonly t: "result"; readonly call: number; readonly ok: true; readonly value: unknown }
  | { readonly t: "result"; readonly call: number; readonly ok: false; readonly error: PluginFailure }
  | { readonly t: "update"; readonly call: number; readonly text: string }
  | Without<EffectFrame, "isolate">
  | { readonly t: "cancel"; readonly effect: number }
  | Without<ChunkFrame, "isolate">
  | Without<EndFrame, "isolate">
  | Without<CreditFrame, "isolate">
  | Without<ConsoleFrame, "isolate">
  /** Wakes the isolate after `ms`; the number is the isolate's own. */
  | { readonly t: "timer"; readonly timer: number; readonly ms: number }
  | { readonly t: "untimer"; readonly timer: number }
  /** Native work on another thread. What is `held` is asked for with `job.done`, anything else comes by itself. */
  | ({ readonly t: "job"; readonly job: number; readonly held: boolean } & NativeRequest)
  /** The isolate has no more use for these. */
  | {
      readonly t: "free";
      readonly keys?: readonly number[];
      readonly states?: readonly number[];
      readonly jobs?: readonly number[];
    };

/**
 * To the child, answered at once: native work that needs no authority. Those that take time of the child's thread
 * are answered with false where the isolate has had its share of it: `turn.ts` asks again.
 */
export type Question =
  /** Answer: milliseconds since the child started, with fractions. */
  | { readonly t: "now" }
  /** The data comes as bytes. Answer: the text of the UTF-8, or null if `fatal` and malformed. */
  | { readonly t: "decode"; readonly fatal: boolean }
  /** Answer: the tables of the old multi-byte encodings, as JSON. */
  | { readonly t: "encoding.tables" }
  /** Answer: the parts in the order of `native-url.ts`, a line each; null for what is no URL. */
  | { readonly t: "url.parse"; readonly url: string; readonly base: string | null }
  /** Answer: the parts of the URL with this one set. */
  | { readonly t: "url.set"; readonly href: string; readonly part: UrlPart; readonly value: string }
  /** Small native work, done at once. Answer: an ArrayBuffer, or a `NativeResult` as JSON. */
  | ({ readonly t: "native" } & NativeRequest)
  /** Answer: whether it is worth while to ask for native work again. */
  | { readonly t: "native.turn" }
  /** Answer: null while the job is under way, then its `NativeResult` as JSON. Its bytes are asked for next. */
  | { readonly t: "job.done"; readonly job: number }
  /** Answer: an ArrayBuffer, once. */
  | { readonly t: "job.bytes"; readonly job: number };

/** What can be set of a URL. */
export type UrlPart =
  "protocol" | "username" | "password" | "host" | "hostname" | "port" | "pathname" | "search" | "hash";
