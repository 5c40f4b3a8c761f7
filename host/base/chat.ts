/** One message on its way to the agent, and what became of it at once. */
import type { QueueMode } from "./queue-settings.ts";

export interface ChatSend {
  readonly sessionKey: string;
  readonly message: string;
  /** The client's idempotency key. */
  readonly runId: string;
  /** Whether the run tells its answer in blocks as well; as the owner configured if left out. */
  readonly blocks?: boolean;
  /** What becomes of it while the session is being answered; by the channel and the owner's settings if left out. */
  readonly queueMode?: QueueMode;
  /** Where it came from; the page if left out. */
  readonly channel?: string;
}

export interface ChatSendResult {
  readonly runId: string;
  /** `in_flight`: this key is being answered already. `ok`: it was answered before. */
  readonly status: "started" | "in_flight" | "ok";
}
