/** Opening, naming and deleting sessions. */
import type { Link } from "../link.ts";
import { rememberSession } from "../sign-in.ts";
import { MAIN_SESSION } from "../state/app-state.ts";
import type { Store } from "../state/store.ts";
import type { SessionsListAnswer } from "../wire.ts";
import type { Attempts } from "./attempt.ts";
import type { ChatActions } from "./chat-actions.ts";

const SESSIONS_SHOWN = 100;
const LABEL_LENGTH = 48;

export interface SessionActions {
  openSession(key: string): Promise<void>;
  newSession(): Promise<void>;
  /** An empty label takes the name away. */
  renameSession(key: string, label: string): Promise<void>;
  /** A new session is called by its first words until somebody gives it a name. */
  nameSession(key: string, firstWords: string): Promise<void>;
  deleteSession(key: string): Promise<void>;
  reloadSessions(): Promise<void>;
}

export function createSessionActions(
  store: Store,
  link: Link,
  { attempt }: Attempts,
  chat: Pick<ChatActions, "loadNewest">,
): SessionActions {
  async function show(key: string): Promise<void> {
    store.dispatch({ type: "session-open", key });
    rememberSession(key);
    await chat.loadNewest();
  }

  async function reloadSessions(): Promise<void> {
    await attempt("Cannot list the sessions", async () => {
      const params = { limit: SESSIONS_SHOWN };
      const { sessions } = await link.request<SessionsListAnswer>("sessions.list", params);
      store.dispatch({ type: "sessions", sessions });
    });
  }

  async function renameSession(key: string, label: string): Promise<void> {
    const wanted = label.trim();
    const params = { key, label: wanted === "" ? null : wanted };
    await attempt("Cannot rename the session", () => link.request("sessions.patch", params));
    await reloadSessions();
  }

  return {
    reloadSessions,
    renameSession,

    async openSession(key) {
      if (key !== store.get().sessionKey) await show(key);
    },

    newSession: () => show(`agent:main:chat-${crypto.randomUUID().slice(0, 8)}`),

    async nameSession(key, firstWords) {
      const label = firstWords.trim().split("\n", 1)[0]?.slice(0, LABEL_LENGTH) ?? "";
      if (key === MAIN_SESSION || label === "") await reloadSessions();
      else await renameSession(key, label);
    },

    async deleteSession(key) {
      const params = { key, deleteTranscript: true };
      const done = await attempt("Cannot delete the session", () =>
        link.request<object>("sessions.delete", params),
      );
      if (done !== null && key === store.get().sessionKey) await show(MAIN_SESSION);
      await reloadSessions();
    },
  };
}
