/**
 * What passes through the two doors of an isolate, both ways. Types only: the isolate and the child that runs
 * it both compile against this file.
 *
 * Every message is JSON text with at most one ArrayBuffer beside it, copied. No message names its isolate: the
 * child knows which door it came through.
 */
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
  /** Bytes of one `crypto.subtle.digest`. */
  readonly digestBytes: number;
  readonly wasm: boolean;
}

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
  /** The digest comes as bytes. */
  | { readonly t: "digest"; readonly digest: number };

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
  /** The data comes as bytes. */
  | { readonly t: "digest"; readonly digest: number; readonly algorithm: DigestAlgorithm };

export type DigestAlgorithm = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** To the child, answered at once: native work that needs no authority. */
export type Question =
  /** Answer: milliseconds since the child started, with fractions. */
  | { readonly t: "now" }
  /** Answer: an ArrayBuffer of so many random bytes. */
  | { readonly t: "random"; readonly bytes: number }
  /** The data comes as bytes. Answer: the text of the UTF-8, or null if `fatal` and malformed. */
  | { readonly t: "decode"; readonly fatal: boolean }
  /** Answer: the tables of the old multi-byte encodings, as JSON. */
  | { readonly t: "encoding.tables" }
  /** Answer: the parts in the order of `native-url.ts`, a line each; null for what is no URL. */
  | { readonly t: "url.parse"; readonly url: string; readonly base: string | null }
  /** Answer: the parts of the URL with this one set. */
  | { readonly t: "url.set"; readonly href: string; readonly part: UrlPart; readonly value: string };

/** What can be set of a URL. */
export type UrlPart =
  "protocol" | "username" | "password" | "host" | "hostname" | "port" | "pathname" | "search" | "hash";
