/** What the gateway remembers of a run while it goes: enough to number its events and to gather its text. */
import type { AgentEventPayload, AgentStream, ChatText } from "./protocol/chat.ts";
import type { RunIdentity } from "#host/base/run.ts";
import type { Paced } from "./delta-pacer.ts";

export class RunState implements Paced {
  readonly run: RunIdentity;
  readonly startedAt: number;
  sentAt = Number.NEGATIVE_INFINITY;
  provider = "";
  model = "";
  /** All text of the answer that is being written. */
  text = "";
  thinking = "";
  /** What of it has not been sent yet. */
  newText = "";
  newThinking = "";
  /** The next delta starts a new answer after one that had text. */
  replaces = false;
  outputTokens = 0;
  /** Another run took its message along. */
  isJoined = false;
  readonly usedTools = new Set<string>();
  readonly #toolStarts = new Map<string, number>();
  #seq = 0;
  #answers = 0;

  constructor(run: RunIdentity, startedAt: number) {
    this.run = run;
    this.startedAt = startedAt;
  }

  chars(): number {
    return this.text.length + this.thinking.length;
  }

  /** A piece of the answer came; `all` is what there is of it now. */
  write(kind: "text" | "thinking", piece: string, all: string): void {
    if (kind === "text") {
      this.text = all;
      this.newText += piece;
    } else {
      this.thinking = all;
      this.newThinking += piece;
    }
  }

  /** Everything that was written has been sent. */
  sent(): void {
    if (this.newText !== "") this.replaces = false;
    this.newText = "";
    this.newThinking = "";
  }

  /** Another answer of the same run: what follows a tool call. */
  nextAnswer(): void {
    this.replaces ||= this.text !== "";
    this.text = "";
    this.thinking = "";
    this.#answers++;
  }

  get itemId(): string {
    return `${this.run.runId}:${this.#answers}`;
  }

  toolStarted(callId: string, ts: number): void {
    this.#toolStarts.set(callId, ts);
  }

  /** When the call started; forgets it. */
  toolEnded(callId: string, ts: number): number {
    const startedAt = this.#toolStarts.get(callId) ?? ts;
    this.#toolStarts.delete(callId);
    return startedAt;
  }

  agentEvent(stream: AgentStream, data: object, ts: number): AgentEventPayload {
    const { runId, sessionKey, sessionId, agentId } = this.run;
    return { runId, sessionKey, sessionId, agentId, stream, data, seq: ++this.#seq, ts, isHeartbeat: false };
  }

  chatBase() {
    const { runId, sessionKey, agentId } = this.run;
    return { runId, sessionKey, agentId, seq: this.#seq };
  }
}

export function chatText(text: string, timestamp: number): ChatText {
  return { role: "assistant", content: [{ type: "text", text }], timestamp };
}
