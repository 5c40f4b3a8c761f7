/**
 * Thinking that a model writes into its text, as `<think>…</think>` in front of the answer.
 *
 * Servers that know the model tell thinking apart by themselves; LM Studio by default, and whatever runs an
 * unknown template, do not. Only tags at the very beginning count: anywhere else they are the answer's text.
 */
import type { ModelEvent } from "./provider.ts";

type Piece = Extract<ModelEvent, { type: "text" | "thinking" }>;

const OPEN = "<think>";
const CLOSE = "</think>";

export async function* separateThinking(events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent> {
  const separator = new Separator();
  for await (const event of events) {
    if (event.type === "text") {
      yield* separator.push(event.delta);
    } else {
      yield* separator.flush();
      yield event;
    }
  }
}

class Separator {
  #state: "start" | "thinking" | "behind" | "text" = "start";
  /** Text that may still turn out to be a tag. */
  #held = "";

  push(delta: string): Piece[] {
    if (this.#state === "text") return [{ type: "text", delta }];
    this.#held += delta;
    if (this.#state === "start") this.#open();
    const thought = this.#state === "thinking" ? this.#think() : [];
    return this.#state === "behind" ? [...thought, ...this.#answer()] : thought;
  }

  flush(): Piece[] {
    const delta = this.#held;
    this.#held = "";
    if (delta === "") return [];
    return [{ type: this.#state === "thinking" ? "thinking" : "text", delta }];
  }

  #open(): void {
    const begun = this.#held.trimStart();
    if (begun.length < OPEN.length && OPEN.startsWith(begun)) return;
    const isThinking = begun.startsWith(OPEN);
    this.#state = isThinking ? "thinking" : "behind";
    this.#held = isThinking ? begun.slice(OPEN.length) : begun;
  }

  #think(): Piece[] {
    const end = this.#held.indexOf(CLOSE);
    const known = end === -1 ? this.#held.length - endOfTag(this.#held) : end;
    const delta = this.#held.slice(0, known);
    this.#held = this.#held.slice(end === -1 ? known : known + CLOSE.length);
    if (end !== -1) this.#state = "behind";
    return delta === "" ? [] : [{ type: "thinking", delta }];
  }

  #answer(): Piece[] {
    this.#held = this.#held.trimStart();
    if (this.#held === "") return [];
    this.#state = "text";
    return this.flush();
  }
}

/** How many characters at the end of a text may be the beginning of the closing tag. */
function endOfTag(text: string): number {
  for (let length = CLOSE.length - 1; length > 0; length--) {
    if (text.endsWith(CLOSE.slice(0, length))) return length;
  }
  return 0;
}
