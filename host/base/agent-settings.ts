/** How the owner wants the agent to talk: what `openclaw.json` says, as the agent gets it. */

export interface BlockChunking {
  /** A block is ended at the first break behind so many characters. */
  readonly minChars: number;
  readonly maxChars: number;
  readonly breakPreference: "paragraph" | "newline" | "sentence";
}

/** Answers in blocks, each a message of its own, for channels that cannot edit what they sent. */
export interface BlockStreaming extends BlockChunking {
  /** For runs that do not say themselves whether they want blocks. */
  readonly isDefault: boolean;
  /** `text_end`: as soon as a block is there. `message_end`: once the model has said all. */
  readonly break: "text_end" | "message_end";
  /** Blocks shorter than `minChars` wait for the next, at most `idleMs`. Null to send each at once. */
  readonly coalesce: { readonly minChars: number; readonly maxChars: number; readonly idleMs: number } | null;
}

/** OpenClaw's own numbers. */
export const BLOCK_STREAMING: BlockStreaming = {
  isDefault: false,
  break: "text_end",
  minChars: 800,
  maxChars: 1_200,
  breakPreference: "paragraph",
  coalesce: null,
};

/** What the system prompt takes of the workspace's files (AGENTS.md and others), in characters. */
export interface WorkspaceFileSettings {
  readonly maxChars: number;
  readonly totalMaxChars: number;
}

/** Of one agent. */
export interface AgentSettings {
  readonly blocks: BlockStreaming;
  readonly files: WorkspaceFileSettings;
}

export const AGENT_SETTINGS: AgentSettings = {
  blocks: BLOCK_STREAMING,
  files: { maxChars: 20_000, totalMaxChars: 60_000 },
};
