/** One message on its way to the agent, and what became of it at once. */

export interface ChatSend {
  readonly sessionKey: string;
  readonly message: string;
  /** The client's idempotency key. */
  readonly runId: string;
}

export interface ChatSendResult {
  readonly runId: string;
  /** `in_flight`: this key is being answered already. `ok`: it was answered before. */
  readonly status: "started" | "in_flight" | "ok";
}
