/**
 * How many tokens an answer is while it comes, when only its text is known.
 *
 * From below, to stop a server that does not keep to the bound it was given: each piece is at least one token, and so
 * is every run of `LLM.maxCharsPerToken` characters. From above, to settle what no server counted: a token is at least
 * one byte.
 */
import { LLM } from "#host/base/limits.ts";

export class AnswerMeter {
  readonly #maxTokens: number;
  #pieces = 0;
  #chars = 0;
  #bytes = 0;

  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
  }

  /** Counts a piece, and gives of it what is within the bound: all of it, unless the server does not keep to it. */
  add(delta: string): string {
    const room = this.#pieces < this.#maxTokens ? this.#maxTokens * LLM.maxCharsPerToken - this.#chars : 0;
    const piece = delta.length <= room ? delta : delta.slice(0, room).toWellFormed();
    this.#pieces += 1;
    this.#chars += piece.length;
    this.#bytes += Buffer.byteLength(piece);
    return piece;
  }

  get isEmpty(): boolean {
    return this.#pieces === 0;
  }

  /** The most tokens that it can have cost. `stopped`: its server may have made more than came. */
  most(stopped: boolean): number {
    return Math.min(this.#maxTokens, this.#bytes + (stopped ? LLM.stopTokens : 0));
  }
}
