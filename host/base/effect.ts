/**
 * An effect: the only thing that a plugin can do to the world outside its isolate.
 *
 * Owns the shapes that the pipe carries, the broker decides and the audit records. An effect's identity
 * is made by the host from its own handle on the isolate; no frame from a sandbox can state it.
 */
import type { JsonObject } from "./json.ts";
import type { ImagePart, TextPart } from "./message.ts";

/** Who asks. All of it is the host's own knowledge. */
export interface EffectIdentity {
  readonly plugin: string;
  /** Session key, for example `agent:main:main`; null for what no session caused. */
  readonly session: string | null;
  /** The run (`chat.send`'s runId) that the call belongs to. */
  readonly run: string | null;
  /** The tool call's id, as the model and the page see it. */
  readonly call: string | null;
}

/** One HTTP exchange. Redirects are followed by the broker and decided again at each hop. */
export interface HttpRequestEffect {
  readonly kind: "http.request";
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly redirect: "follow" | "manual" | "error";
  /** True when the effect's upward stream is the request's body. */
  readonly hasBody: boolean;
}

/** Reads a file from `offset` for at most `length` bytes. */
export interface FileReadEffect {
  readonly kind: "file.read";
  readonly path: string;
  readonly offset?: number;
  readonly length?: number;
}

/** Writes the effect's upward stream; `replace` is atomic: a reader sees the old file or the new one. */
export interface FileWriteEffect {
  readonly kind: "file.write";
  readonly path: string;
  readonly mode: "create" | "replace" | "append";
}

export interface FileStatEffect {
  readonly kind: "file.stat";
  readonly path: string;
}

export interface FileListEffect {
  readonly kind: "file.list";
  readonly path: string;
}

/** Makes a folder, and those above it that are missing. One that is there already is no error. */
export interface FileMkdirEffect {
  readonly kind: "file.mkdir";
  readonly path: string;
}

/** Deletes a file, a link itself or a folder: an empty one, or with all that is in it. */
export interface FileRemoveEffect {
  readonly kind: "file.remove";
  readonly path: string;
  readonly recursive: boolean;
}

/** Gives a file or folder another path. What stands there is replaced if it is a file and `replace` is set. */
export interface FileRenameEffect {
  readonly kind: "file.rename";
  readonly path: string;
  readonly to: string;
  readonly replace: boolean;
}

/** Reads a value of the plugin's own storage. */
export interface StorageGetEffect {
  readonly kind: "storage.get";
  readonly key: string;
}

/** Keeps the effect's upward stream under `key`, in place of what was there. `json`: UTF-8 of a JSON text. */
export interface StorageSetEffect {
  readonly kind: "storage.set";
  readonly key: string;
  readonly format: "json" | "bytes";
}

export interface StorageDeleteEffect {
  readonly kind: "storage.delete";
  readonly key: string;
}

/** Lists keys that begin with `prefix` and come after `after`, in the order of their UTF-8 bytes. */
export interface StorageListEffect {
  readonly kind: "storage.list";
  readonly prefix: string;
  readonly after?: string;
}

/**
 * Opens a WebSocket. Both streams carry its messages: each is one byte of kind (1 text, 2 binary, 3 close), four of
 * length (big-endian) and its bytes; those of a close are two of code and a reason, or nothing. The downward
 * stream ends after the close.
 */
export interface SocketOpenEffect {
  readonly kind: "socket.open";
  /** `ws:` or `wss:`. */
  readonly url: string;
  readonly protocols: readonly string[];
  readonly headers: HttpRequestEffect["headers"];
}

/** Opens a TCP connection, with TLS from the first byte if `tls` is set. Its streams carry its bytes. */
export interface TcpConnectEffect {
  readonly kind: "socket.tcp";
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/**
 * Runs a program with exactly these arguments; no shell reads them. The upward stream is its standard input.
 *
 * The downward stream is a row of records: a kind (`CommandRecords`, one byte), a length (four bytes, little-endian)
 * and so many bytes. The reply's head comes when the program starts and is empty; how it ended is the last record,
 * `exit`, with the JSON `{"exitCode": 0}`. A program that a signal ended has 128 and the signal's number.
 */
export interface CommandRunEffect {
  readonly kind: "command.run";
  /** As the manifest declares it: a name, or an absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  /** Variables that the plugin sets. */
  readonly env: Readonly<Record<string, string>>;
  /** The workspace if left out, or `/tmp` for a plugin that does not see it. */
  readonly cwd?: string;
  /** True when the effect's upward stream is the program's input. */
  readonly hasStdin: boolean;
}

/** The kinds of records of a running command, as its two ends both know them. */
export interface CommandRecords {
  readonly stdout: 1;
  readonly stderr: 2;
  readonly exit: 3;
}

/**
 * Asks the model that the owner chose; which one that is, is not the plugin's to say.
 *
 * The head is empty. The downward stream is lines of JSON (`LlmLine`): pieces of the answer as they come, then one that
 * says how it ended and what it cost.
 */
export interface LlmChatEffect {
  readonly kind: "llm.chat";
  /** The last one is the user's. */
  readonly messages: readonly LlmMessage[];
  /** Tokens of the answer; `LLM.answerTokens`, or what is left of the budget, if left out. */
  readonly maxTokens?: number;
  /** 0 to 2. */
  readonly temperature?: number;
  /** JSON Schema of an object that the answer is to fit, where the model's service can hold it to one. */
  readonly schema?: JsonObject;
}

export interface LlmMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string | readonly (TextPart | ImagePart)[];
}

export type LlmLine =
  | { readonly text: string }
  | {
      readonly stopReason: "stop" | "length";
      /** Tokens. `exact` if the model's service counted them; otherwise they are the most that it can have been. */
      readonly usage: { readonly input: number; readonly output: number; readonly exact: boolean };
    };

/** Asks for the placeholder of a secret. Head: `{placeholder}`. */
export interface SecretUseEffect {
  readonly kind: "secret.use";
  readonly name: string;
}

/** Signs the effect's upward stream with a secret. Head: `{digest}`, hex. */
export interface SecretHmacEffect {
  readonly kind: "secret.hmac";
  readonly name: string;
  readonly algorithm: "sha1" | "sha256";
}

/** Reads a secret of the class `held`. Head: `{value}`. */
export interface SecretRevealEffect {
  readonly kind: "secret.reveal";
  readonly name: string;
}

/** Gives the body of the request that a route's call answers: the downward stream. Head: empty. */
export interface RouteBodyEffect {
  readonly kind: "route.body";
}

/** Answers that request; the upward stream is the answer's body. The reply comes when the client has taken it all. */
export interface RouteAnswerEffect {
  readonly kind: "route.answer";
  readonly status: number;
  readonly headers: HttpRequestEffect["headers"];
  readonly hasBody: boolean;
}

/** Hands over what a service brought in. The reply, `{new}`, comes when the host has stored it. */
export interface ChannelReceiveEffect {
  readonly kind: "channel.receive";
  /** A `ChannelEvent` of the SDK, parsed by whoever stores it. */
  readonly event: JsonObject;
}

/** Tells how the account's line to its service stands. Head: empty. */
export interface ChannelStatusEffect {
  readonly kind: "channel.status";
  readonly state: "connecting" | "connected" | "offline" | "logged-out";
  readonly detail: string;
}

/** Shows the owner a step of a login and gives what was answered. Head: `{answer}`. */
export interface ChannelPromptEffect {
  readonly kind: "channel.prompt";
  /** A `LoginStep` of the SDK. */
  readonly step: JsonObject;
}

export type FileEffect =
  FileReadEffect | FileWriteEffect | FileStatEffect | FileListEffect | FileMkdirEffect | FileRemoveEffect;
export type StorageEffect = StorageGetEffect | StorageSetEffect | StorageDeleteEffect | StorageListEffect;
export type SecretEffect = SecretUseEffect | SecretHmacEffect | SecretRevealEffect;
export type SocketEffect = SocketOpenEffect | TcpConnectEffect;
export type RouteEffect = RouteBodyEffect | RouteAnswerEffect;
export type ChannelEffect = ChannelReceiveEffect | ChannelStatusEffect | ChannelPromptEffect;
/** What concerns the call itself and not the world: done by the port that the call was opened with, and by no other. */
export type CallEffect = RouteEffect | ChannelEffect;
/** What concerns the world. */
export type WorldEffect =
  | HttpRequestEffect
  | FileEffect
  | FileRenameEffect
  | StorageEffect
  | SocketEffect
  | SecretEffect
  | CommandRunEffect
  | LlmChatEffect;
export type EffectRequest = WorldEffect | CallEffect;

export type EffectKind = EffectRequest["kind"];

/** What comes with a request while it is performed. */
export interface EffectContext {
  /** The upward stream: bytes that the plugin sends. Empty when it sends none. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Fires when the plugin gives the effect up, its call ends, or its isolate is thrown away. */
  readonly signal: AbortSignal;
  /** Stops the call's deadline while the owner is asked; the result starts it again. */
  readonly pauseDeadline: () => () => void;
  /** What the host opened the call with, if that is more than its arguments. */
  readonly port?: CallPort;
}

/** The other side of one call: the exchange that a route answers, or the account that a channel's call serves. */
export interface CallPort {
  /** Which effects this call may ask for. */
  readonly takes: readonly CallEffect["kind"][];
  /** Does one of them, once the broker has let it through. Rejects as the broker's own parts do. */
  perform(
    identity: EffectIdentity,
    request: CallEffect,
    context: Omit<EffectContext, "port">,
  ): Promise<EffectReply>;
}

/** Why an effect did not happen, as the plugin and the model may see it: no host path, no stack. */
export interface EffectFailure {
  readonly code:
    "denied" | "aborted" | "not-found" | "exists" | "too-large" | "timeout" | "network" | "io" | "invalid";
  readonly message: string;
  readonly fix?: string;
}

export type EffectReply =
  | {
      readonly ok: true;
      readonly head: JsonObject;
      /** The downward stream, pulled only as fast as the plugin reads it. */
      readonly body: AsyncIterable<Uint8Array> | null;
    }
  | { readonly ok: false; readonly failure: EffectFailure };

/** The broker, as the sandbox sees it. There is no other way out of an isolate. */
export type PerformEffect = (
  identity: EffectIdentity,
  request: EffectRequest,
  context: EffectContext,
) => Promise<EffectReply>;
