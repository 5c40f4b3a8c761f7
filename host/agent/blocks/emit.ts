/**
 * A run's events with the blocks of its answers among them (`message_block`), for channels that take those.
 *
 * Guarantees that all blocks of an answer are told before its end, in order, also of one that failed or was stopped.
 */
import type { BlockStreaming } from "#host/base/agent-settings.ts";
import { textOf, type AssistantMessage } from "#host/base/message.ts";
import type { AgentEvent } from "#host/base/run.ts";
import { createBlockSplitter, type Block, type BlockSplitter } from "./split.ts";

type Emit = (event: AgentEvent) => void;

export function withBlocks(emit: Emit, settings: BlockStreaming): Emit {
  let splitter: BlockSplitter | null = null;
  let streamed = "";
  const out = createCoalescer((text) => emit({ type: "message_block", text }), settings.coalesce);
  const take = (blocks: readonly Block[]) => {
    for (const { text } of blocks) if (text !== "") out.add(text);
  };
  const finish = (message: AssistantMessage) => {
    const whole = textOf(message);
    splitter ??= createBlockSplitter(settings);
    // What the host added at the end, such as that the answer was empty, did not stream.
    if (whole.startsWith(streamed)) take(splitter.add(whole.slice(streamed.length)));
    take(splitter.end());
    out.flush();
    splitter = null;
    streamed = "";
  };
  return (event) => {
    if (event.type === "message_end" && event.message.role === "assistant") finish(event.message);
    emit(event);
    if (event.type !== "message_update" || event.kind !== "text" || settings.break !== "text_end") return;
    splitter ??= createBlockSplitter(settings);
    streamed += event.delta;
    take(splitter.add(event.delta));
  };
}

interface Coalescer {
  add(text: string): void;
  flush(): void;
}

/** Puts short blocks together, so that a channel does not send each line as a message. */
function createCoalescer(send: (text: string) => void, rules: BlockStreaming["coalesce"]): Coalescer {
  let held: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    if (held !== null) send(held);
    held = null;
  };
  return {
    flush,
    add(text) {
      if (rules === null) return send(text);
      clearTimeout(timer);
      const joined: string = held === null ? text : `${held}\n\n${text}`;
      if (joined.length > rules.maxChars) flush();
      held = held === null ? text : joined;
      if (held.length >= rules.minChars) flush();
      else timer = setTimeout(flush, rules.idleMs);
    },
  };
}
