/** Messages that were taken and wait behind another of their session, kept so that a kill loses none. */
import type { QueueMode } from "./queue-settings.ts";

export interface WaitingMessage {
  readonly sessionKey: string;
  /** The sender's idempotency key. */
  readonly runId: string;
  readonly message: string;
  readonly mode: QueueMode;
}

export interface WaitingMessages {
  /** On the disk when it resolves. One that is kept already stays as it is. */
  keep(message: WaitingMessage): Promise<void>;
  drop(sessionKey: string, runId: string): Promise<void>;
  /** In the order in which they came. */
  all(): Promise<readonly WaitingMessage[]>;
}
