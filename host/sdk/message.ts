/**
 * What passes between a channel and the host: events that a service brought, messages that go out, what became of them.
 *
 * Ids are the service's own, as text. Times are milliseconds since 1970, as the service tells them. An event is known by
 * channel, account and `id`: one that comes twice is stored once.
 */

/** Where something is said. */
export interface Conversation {
  readonly id: string;
  readonly kind: "direct" | "group" | "thread";
  /** For people. */
  readonly title?: string;
  /** For a thread: the conversation that it belongs to. */
  readonly parent?: string;
}

/** Who wrote it. */
export interface Person {
  readonly id: string;
  readonly name?: string;
  /** Another program. */
  readonly bot?: boolean;
  /** The account itself: what the owner wrote from another device. */
  readonly self?: boolean;
}

/** A file of the host's, by its handle: bytes never stand in a message. */
export interface MediaHandle {
  /** What the host gave, or what the service calls it where the host has yet to fetch it. */
  readonly handle: string;
  readonly mimeType: string;
  readonly name?: string;
  readonly bytes?: number;
}

/** Somebody who is named in a message. */
export interface Mention {
  readonly id: string;
  /** The account itself is meant. */
  readonly self?: boolean;
}

interface FromService {
  /** Of this event; for a message, the message's. */
  readonly id: string;
  readonly conversation: Conversation;
  readonly sender: Person;
  readonly sentAt: number;
}

/** Somebody wrote something. */
export interface IncomingMessage extends FromService {
  readonly type: "message";
  readonly text: string;
  /** Id of the message that is answered. */
  readonly replyTo?: string;
  readonly media?: readonly MediaHandle[];
  readonly mentions?: readonly Mention[];
}

/** A message was changed; `text` is all of the new one. */
export interface IncomingEdit extends FromService {
  readonly type: "edit";
  readonly target: string;
  readonly text: string;
  readonly media?: readonly MediaHandle[];
}

/** A message was deleted. */
export interface IncomingDelete extends FromService {
  readonly type: "delete";
  readonly target: string;
}

/** Somebody put a sign on a message, or took it away. */
export interface IncomingReaction extends FromService {
  readonly type: "reaction";
  readonly target: string;
  readonly emoji: string;
  readonly removed?: boolean;
}

/** What a service brought. */
export type ChannelEvent = IncomingMessage | IncomingEdit | IncomingDelete | IncomingReaction;

/** What is to be sent. */
export interface OutgoingMessage {
  /** The same for every try of one message: what a service calls nonce, transaction id or client message id. */
  readonly key: string;
  /** The conversation's id. */
  readonly conversation: string;
  /** In the channel's markup, within its length. Empty if there are only media. */
  readonly text: string;
  readonly replyTo?: string;
  readonly media?: readonly MediaHandle[];
  /** Changes the message of this id in place of sending a new one. */
  readonly edits?: string;
  /** Puts this on the message `replyTo` in place of sending text. */
  readonly reaction?: string;
}

/** What became of a message. */
export type SendResult =
  /** The service has it. `ids` of what was sent, the last one first to be edited. */
  | { readonly ok: true; readonly ids: readonly string[] }
  | {
      readonly ok: false;
      /** One sentence for the owner. */
      readonly reason: string;
      /** When to try again; left out, the host decides. */
      readonly retryAfterMs?: number;
      /** It will never work: the host does not try again. */
      readonly permanent?: boolean;
    };
