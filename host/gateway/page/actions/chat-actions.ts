/** Saying something, stopping the answer, and the messages that were said before. */
import type { Link } from "../link.ts";
import type { Store } from "../state/store.ts";
import { runningRunIds } from "../state/transcript.ts";
import type { ChatHistoryAnswer } from "../wire.ts";
import { type Attempts, reasonOf } from "./attempt.ts";

const PAGE_OF_HISTORY = 50;

export interface ChatActions {
  /** False if the message did not reach the gateway. */
  send(text: string): Promise<boolean>;
  stop(): Promise<void>;
  loadNewest(): Promise<void>;
  loadOlder(): Promise<void>;
}

export function createChatActions(store: Store, link: Link, { attempt }: Attempts): ChatActions {
  async function fetchHistory(what: "newest" | "older", cursor: string | null): Promise<void> {
    const { sessionKey } = store.get();
    store.dispatch({ type: "history-loading", what });
    try {
      const params = { sessionKey, limit: PAGE_OF_HISTORY, ...(cursor === null ? {} : { cursor }) };
      const page = await link.request<ChatHistoryAnswer>("chat.history", params);
      store.dispatch({ type: "history", what, page, now: Date.now() });
    } catch (error) {
      if (store.get().sessionKey !== sessionKey) return;
      store.dispatch({ type: "history-failed", reason: reasonOf(error) });
    }
  }

  return {
    async send(text) {
      const runId = crypto.randomUUID();
      const { sessionKey } = store.get();
      store.dispatch({ type: "send", runId, text, now: Date.now() });
      const params = { sessionKey, message: text, idempotencyKey: runId };
      const sent = await attempt("The message was not sent", () =>
        link.request<object>("chat.send", params).catch((error: unknown) => {
          throw tooLong(error, text) ?? error;
        }),
      );
      store.dispatch({ type: sent === null ? "send-failed" : "send-accepted", runId });
      return sent !== null;
    },

    async stop() {
      const { sessionKey, transcript } = store.get();
      if (runningRunIds(transcript).length === 0) return;
      await attempt("Cannot stop the answer", () => link.request("chat.abort", { sessionKey }));
    },

    loadNewest: () => fetchHistory("newest", null),

    async loadOlder() {
      const { transcript } = store.get();
      if (transcript.loading !== "no" || transcript.olderCursor === null) return;
      await fetchHistory("older", transcript.olderCursor);
    },
  };
}

/** The gateway says it in the words of its protocol; a person reads what there is and what may be. */
function tooLong(error: unknown, text: string): Error | null {
  const [, most] = /at \/message: must NOT have more than (\d+) characters/.exec(reasonOf(error)) ?? [];
  if (most === undefined) return null;
  const [has, may] = [text.length, Number(most)].map((count) => count.toLocaleString("en"));
  return new Error(`it has ${has} characters, and a message may have ${may}`);
}
