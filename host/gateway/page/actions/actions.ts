/**
 * What a person can do on the page, and what the page does by itself when the line opens.
 *
 * Joins store, link and browser. No action throws: what fails becomes a notice.
 */
import type { Link } from "../link.ts";
import type { Store } from "../state/store.ts";
import { createAttempts } from "./attempt.ts";
import { type ChatActions, createChatActions } from "./chat-actions.ts";
import { type OwnerActions, createOwnerActions } from "./owner-actions.ts";
import { type SessionActions, createSessionActions } from "./session-actions.ts";

export interface Actions extends ChatActions, Omit<SessionActions, "nameSession">, OwnerActions {
  /** The line opened: fetch what the page shows, in the order in which a person looks for it. */
  resume(): Promise<void>;
  dismiss(noticeId: number): void;
}

export function createActions(store: Store, link: Link): Actions {
  const attempts = createAttempts(store);
  const chat = createChatActions(store, link, attempts);
  const { nameSession, ...sessions } = createSessionActions(store, link, attempts, chat);
  const owner = createOwnerActions(store, link, attempts);

  return {
    ...chat,
    ...sessions,
    ...owner,

    async send(text) {
      const { sessionKey } = store.get();
      const sent = await chat.send(text);
      const isNew = !store.get().sessions.some((row) => row.key === sessionKey);
      if (sent && isNew) void nameSession(sessionKey, text);
      return sent;
    },

    async resume() {
      await sessions.reloadSessions();
      await chat.loadNewest();
      await Promise.all([
        owner.reloadApprovals(),
        owner.reloadPlugins(),
        owner.checkHealth(),
        // Tells of messages from elsewhere. Chat works without it.
        link.request("sessions.subscribe").catch(() => undefined),
      ]);
    },

    dismiss: (id) => store.dispatch({ type: "notice-gone", id }),
  };
}
