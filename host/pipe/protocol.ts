/**
 * The wire between the host and a sandbox process: both sides' shapes, in one file.
 *
 * A frame is a header (JSON) and a payload (bytes, may be empty); `framing.ts` says how they are laid out.
 * The same frames go over the child's stdio or over an authenticated socket to another pod.
 *
 * Guarantees: numbers name things that the host opened (`isolate`, `call`) or that live inside one isolate
 * (`effect`). A frame that names what its sender does not own is a protocol error and ends the process.
 * Refuses to carry identity: which plugin, session and run an effect belongs to is what the host remembers
 * of the isolate and call, never what a frame says.
 *
 * Every effect is a duplex channel: an upward stream (plugin to world) and a downward one (world to
 * plugin). Each side sends `chunk` frames only while it has credit, and `end` once.
 *
 * Every effect belongs to a call and ends with it, an open socket too. What must outlive a turn, a channel's line to
 * its service, is not an effect without a call but a call that is long: the channel's `run`, which the host opens when
 * the account starts, which has no deadline, and whose `abort` is the order to stop. Its identity is the account's and
 * no session's; its sockets, timers and requests are its own, as those of any call.
 *
 * What a call does about itself (a route's body and answer, a channel's messages) is an effect like the others; only
 * the call that the host opened for it may ask for it.
 */
import type { EffectFailure, EffectRequest } from "#host/base/effect.ts";
import type { JsonObject, JsonValue } from "#host/base/json.ts";

/** Raised with every incompatible change. A sandbox that speaks another version is refused. */
export const PIPE_VERSION = 1;

/** Opens an isolate. Payload: the plugin's bundled code, UTF-8. */
export interface OpenFrame {
  readonly t: "open";
  readonly isolate: number;
  /** Shown in stack traces and console lines; not an identity. */
  readonly name: string;
  readonly config: JsonObject;
  readonly heapMiB: number;
  /** Whether the isolate may compile WebAssembly. */
  readonly wasm: boolean;
}

export interface CloseFrame {
  readonly t: "close";
  readonly isolate: number;
}

/**
 * Calls the plugin. `describe` answers with what it defines; `tool` runs a tool; `route` answers one HTTP request, whose
 * bodies are effects of the call; `channel` is a function of the channel, for one account.
 */
export interface CallFrame {
  readonly t: "call";
  readonly isolate: number;
  readonly call: number;
  readonly entry: "describe" | "tool" | "route" | "channel";
  /** The tool's name; of a channel `run`, `send`, `backfill` or `login`; empty for the others. */
  readonly name: string;
  readonly args: JsonValue;
  /** Uninterrupted run of JavaScript, in ms, after which the isolate is ended. */
  readonly cpuSliceMs: number;
}

/** Ends a call: the plugin's `AbortSignal` fires with this reason. */
export interface AbortFrame {
  readonly t: "abort";
  readonly isolate: number;
  readonly call: number;
  readonly reason: string;
}

/** Answers an effect. A downward stream follows if `body` is true. */
export interface ReplyFrame {
  readonly t: "reply";
  readonly isolate: number;
  readonly effect: number;
  readonly ok: true;
  readonly head: JsonObject;
  readonly body: boolean;
}

export interface RefusalFrame {
  readonly t: "reply";
  readonly isolate: number;
  readonly effect: number;
  readonly ok: false;
  readonly failure: EffectFailure;
}

/** Payload: the bytes. Downward from the host, upward from the sandbox. */
export interface ChunkFrame {
  readonly t: "chunk";
  readonly isolate: number;
  readonly effect: number;
}

/** The sender's stream of this effect is complete, or broken if `failure` is set. */
export interface EndFrame {
  readonly t: "end";
  readonly isolate: number;
  readonly effect: number;
  readonly failure?: EffectFailure;
}

/** The receiver has consumed this many bytes; its peer may send as many more. */
export interface CreditFrame {
  readonly t: "credit";
  readonly isolate: number;
  readonly effect: number;
  readonly bytes: number;
}

/** Asks the child to try its own walls. Answered by `walls`. */
export interface ProbeFrame {
  readonly t: "probe";
}

export type HostFrame =
  | OpenFrame
  | CloseFrame
  | CallFrame
  | AbortFrame
  | ReplyFrame
  | RefusalFrame
  | ChunkFrame
  | EndFrame
  | CreditFrame
  | ProbeFrame;

/** The child is up. Nothing is sent before it. */
export interface ReadyFrame {
  readonly t: "ready";
  readonly version: number;
  readonly node: string;
  readonly v8: string;
}

/** What the child could do when it tried: every `true` is a wall that does not stand. */
export interface WallsFrame {
  readonly t: "walls";
  readonly network: boolean;
  readonly filesystem: boolean;
  readonly processes: boolean;
  readonly environment: boolean;
}

export interface OpenedFrame {
  readonly t: "opened";
  readonly isolate: number;
  readonly ok: boolean;
  /** The plugin's own error when its code did not load. */
  readonly error?: PluginFailure;
}

/** An error inside the plugin, in the author's own terms: no path of the host in it. */
export interface PluginFailure {
  readonly name: string;
  readonly message: string;
  /** Frames of the plugin's own code. */
  readonly stack?: string;
  /** Set when the error is a denied or failed effect that the plugin let through. */
  readonly failure?: EffectFailure;
}

export interface ResultFrame {
  readonly t: "result";
  readonly isolate: number;
  readonly call: number;
  readonly ok: true;
  readonly value: JsonValue;
}

export interface ThrowFrame {
  readonly t: "result";
  readonly isolate: number;
  readonly call: number;
  readonly ok: false;
  readonly error: PluginFailure;
}

/** Progress of a call, for the page. */
export interface UpdateFrame {
  readonly t: "update";
  readonly isolate: number;
  readonly call: number;
  readonly text: string;
}

/** Asks for an effect. An upward stream follows if the request says so. */
export interface EffectFrame {
  readonly t: "effect";
  readonly isolate: number;
  readonly effect: number;
  /** The call on whose behalf the plugin says it acts; the host checks that it is open in this isolate. */
  readonly call: number;
  readonly request: EffectRequest;
}

/** The plugin no longer wants this effect. */
export interface CancelFrame {
  readonly t: "cancel";
  readonly isolate: number;
  readonly effect: number;
}

/** A `console` line of the plugin. */
export interface ConsoleFrame {
  readonly t: "console";
  readonly isolate: number;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
}

/** The isolate is gone: out of memory, past its CPU slice, or ended by V8. All its calls have failed. */
export interface CrashFrame {
  readonly t: "crash";
  readonly isolate: number;
  readonly reason: string;
}

export type SandboxFrame =
  | ReadyFrame
  | WallsFrame
  | OpenedFrame
  | ResultFrame
  | ThrowFrame
  | UpdateFrame
  | EffectFrame
  | CancelFrame
  | ChunkFrame
  | EndFrame
  | CreditFrame
  | ConsoleFrame
  | CrashFrame;

export type Frame = HostFrame | SandboxFrame;

/** Three methods are all that a transport needs; stdio and a socket both have them. */
export interface Transport {
  /** Resolves when the transport can take more. Rejects once it is closed. */
  send(bytes: Uint8Array): Promise<void> | void;
  /** Bytes as they arrive; ends when the peer is gone. */
  receive(): AsyncIterable<Uint8Array>;
  close(): void;
}
