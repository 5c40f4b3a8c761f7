import type { ThinkingLevel } from "./thinking.ts";

/** What the owner chose for one conversation. */
export interface SessionSettings {
  /** `provider/model`; null for the one that the configuration names. */
  readonly model: string | null;
  /** Null for the model's own way. */
  readonly thinking: ThinkingLevel | null;
}

export const NO_SETTINGS: SessionSettings = { model: null, thinking: null };

/** Where that is kept: on the disk when `choose` returns. */
export interface SessionChoices {
  settingsOf(sessionKey: string): SessionSettings;
  /** What is left out stays. */
  choose(sessionKey: string, change: Partial<SessionSettings>): void;
}

/** A conversation in the list of conversations. */
export interface SessionSummary extends SessionSettings {
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
