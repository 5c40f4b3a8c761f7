/**
 * `defineChannel`: a plugin that connects accounts of a chat service.
 *
 * Each account runs in a process and an isolate of its own: module globals are the account's, and so is `ctx.storage`.
 * The host starts `run` and aborts its signal to stop it; when it returns, throws or crashes, the host starts it
 * again, later each time. What the service brings goes to `ctx.receive`; what the agent says comes to `send`.
 *
 * @example
 * ```ts
 * import { defineChannel } from "openclaw/sdk";
 *
 * export default defineChannel({
 *   id: "pager",
 *   capabilities: { chats: ["direct"], maxTextChars: 400 },
 *   async run(ctx) {
 *     while (!ctx.signal.aborted) {
 *       const after = (await ctx.storage.get<number>("after")) ?? 0;
 *       const answer = await fetch(`https://pager.example.org/poll?after=${after}`, { signal: ctx.signal });
 *       ctx.status({ state: "connected" });
 *       for (const { n, from, text, at } of await answer.json()) {
 *         await ctx.receive({
 *           type: "message", id: String(n), sentAt: at, text,
 *           conversation: { id: from, kind: "direct" }, sender: { id: from },
 *         });
 *         await ctx.storage.set("after", n); // only now: the host has it
 *       }
 *     }
 *   },
 *   async send(message, ctx) {
 *     const body = JSON.stringify({ to: message.conversation, text: message.text, key: message.key });
 *     const answer = await fetch("https://pager.example.org/send", { method: "POST", body });
 *     if (answer.status === 429) return { ok: false, reason: "too fast", retryAfterMs: 5_000 };
 *     return { ok: true, ids: [(await answer.json()).id] };
 *   },
 * });
 * ```
 */
import type { ChannelEvent, OutgoingMessage, SendResult } from "./message.ts";
import type { RouteHandler } from "./routes.ts";
import type { DefinedTool, ToolContext } from "./tool.ts";

/** What the service can do. What is left out, it can't. */
export interface ChannelCapabilities {
  readonly chats: readonly ("direct" | "group" | "thread")[];
  /** Longest text of one message, in UTF-16 units, as the host splits it. */
  readonly maxTextChars?: number;
  /** How text is marked up on its way out; `plain` if left out. */
  readonly markup?: "plain" | "markdown" | "html" | "mrkdwn";
  readonly replies?: boolean;
  /** Sent messages can be changed: long answers are shown as they grow. */
  readonly edits?: boolean;
  readonly deletes?: boolean;
  readonly reactions?: boolean;
  readonly typing?: boolean;
  readonly media?: {
    readonly in?: boolean;
    readonly out?: boolean;
    /** Largest file that goes out. */
    readonly maxBytes?: number;
  };
  /** The service drops a second send with the same key: repeating one is harmless. */
  readonly idempotentSends?: boolean;
}

/** How the account's line stands. After `logged-out` the host waits for a new login. */
export interface ChannelStatus {
  readonly state: "connecting" | "connected" | "offline" | "logged-out";
  /** One line for the owner. */
  readonly detail?: string;
}

/** What a channel's functions get: the account's settings, its signal, and the ways to the host and the world. */
export interface ChannelContext extends Omit<ToolContext, "update"> {
  /** The account that this is, as the owner called it. */
  readonly account: string;
  /** Fires when the call is to end. For `run` it is the order to stop: what it does within two seconds still counts. */
  readonly signal: AbortSignal;
  /**
   * Hands over what the service brought. Resolves when the host has stored it: only then acknowledge it to the service.
   * `new` is false for what the host had already. Rejects with an `Error` whose `code` is `invalid` (and whose message
   * names the field), `too-large` or `io`.
   */
  receive(event: ChannelEvent): Promise<{ readonly new: boolean }>;
  /** Tells how the line stands. Never rejects. */
  status(status: ChannelStatus): void;
}

/** A step of a login: what is asked of the owner, or shown. */
export type LoginStep =
  /** Asks; the answer has a text for each field. */
  | {
      readonly type: "fields";
      readonly title: string;
      readonly fields: readonly {
        readonly name: string;
        readonly label: string;
        /** Not shown while it is typed. */
        readonly secret?: boolean;
      }[];
    }
  /** Shows a code to be scanned, until the next step. */
  | { readonly type: "qr"; readonly title: string; readonly data: string }
  /** Shows a code to be typed in elsewhere, until the next step. */
  | { readonly type: "code"; readonly title: string; readonly code: string }
  | { readonly type: "note"; readonly title: string };

/** What the owner answered: a text for each field of a step `fields`, nothing for the others. */
export type LoginAnswer = Readonly<Record<string, string>>;

/** One channel: what it can do, and the functions that the host calls for each account. */
export interface ChannelDefinition {
  /** As listed in the manifest's `channels`. */
  readonly id: string;
  readonly capabilities: ChannelCapabilities;
  /** Holds the line until it is lost or `ctx.signal` fires. */
  run(ctx: ChannelContext): Promise<void>;
  /**
   * Sends one message. What is known to have failed is returned, with when to try again; a thrown error means that it
   * is not known, and the host may send the message once more, with the same key.
   */
  send(message: OutgoingMessage, ctx: ChannelContext): Promise<SendResult>;
  /** Fetches again, by `ctx.receive`, what came since then and may have been lost. */
  backfill?(since: number, ctx: ChannelContext): Promise<void>;
  /** Yields steps and gets their answers; returns when the account is logged in, throws if it can't be. */
  login?(ctx: ChannelContext): AsyncGenerator<LoginStep, void, LoginAnswer>;
  /** Inbound HTTP of the plugin; see `defineRoutes`. */
  readonly fetch?: RouteHandler;
  /** Tools of the same plugin. */
  readonly tools?: readonly DefinedTool[];
}

/** A channel as the host keeps it, after its definition has been seen once. */
export interface ChannelDescriptor {
  readonly id: string;
  readonly capabilities: ChannelCapabilities;
  readonly backfill: boolean;
  readonly login: boolean;
}

/** What `defineChannel` gives, for a default export. */
export interface DefinedChannel {
  readonly kind: "channel";
  readonly channel: ChannelDefinition;
  readonly tools: DefinedTool["tools"];
  readonly fetch?: RouteHandler;
}

/** Declares a channel: the plugin's default export. */
export function defineChannel(definition: ChannelDefinition): DefinedChannel {
  const { fetch, tools = [] } = definition;
  return {
    kind: "channel",
    channel: definition,
    tools: tools.flatMap((tool) => tool.tools),
    ...(fetch === undefined ? {} : { fetch }),
  };
}
