/** A conversation in the list of conversations. */
export interface SessionSummary {
  readonly key: string;
  readonly sessionId: string;
  readonly agentId: string;
  readonly title: string | null;
  readonly lastMessagePreview: string | null;
  readonly messageCount: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}
