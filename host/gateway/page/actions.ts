/**
 * What a person can do on the page, and what the page does by itself when the line opens.
 *
 * Joins store, link and browser. No action throws: what fails becomes a notice that says what and why.
 */
import type {
  ApprovalEntry,
  ChatHistoryAnswer,
  PluginsListAnswer,
  Readiness,
  SessionsListAnswer,
} from "./wire.ts";
import { type Link, RequestError } from "./link.ts";
import { rememberSession } from "./sign-in.ts";
import { MAIN_SESSION } from "./state/app-state.ts";
import type { Store } from "./state/store.ts";
import { runningRunIds } from "./state/transcript.ts";

const PAGE_OF_HISTORY = 50;
const SESSIONS_SHOWN = 100;
const LABEL_LENGTH = 48;
const NOTICE_MS = 8_000;

export interface Actions {
  /** The line opened: fetch what the page shows, in the order in which a person looks for it. */
  resume(): Promise<void>;
  send(text: string): Promise<boolean>;
  stop(): Promise<void>;
  openSession(key: string): Promise<void>;
  newSession(): Promise<void>;
  renameSession(key: string, label: string): Promise<void>;
  deleteSession(key: string): Promise<void>;
  reloadSessions(): Promise<void>;
  loadNewest(): Promise<void>;
  loadOlder(): Promise<void>;
  decide(approval: ApprovalEntry, decision: Decision): Promise<void>;
  changePlugin(id: string, change: PluginChange): Promise<void>;
  reloadPlugins(): Promise<void>;
  checkHealth(): Promise<void>;
  dismiss(noticeId: number): void;
}

export type Decision = ApprovalEntry["decisions"][number];
export type PluginChange = "grant" | "deny" | "revoke" | "uninstall";

export function createActions(store: Store, link: Link): Actions {
  let lastNotice = 0;

  function notify(what: string, error: unknown): void {
    lastNotice += 1;
    const id = lastNotice;
    store.dispatch({ type: "notice", id, text: `${what}: ${reasonOf(error)}` });
    setTimeout(() => store.dispatch({ type: "notice-gone", id }), NOTICE_MS);
  }

  async function attempt<Value>(what: string, work: () => Promise<Value>): Promise<Value | null> {
    try {
      return await work();
    } catch (error) {
      notify(what, error);
      return null;
    }
  }

  async function fetchHistory(what: "newest" | "older", cursor: string | null): Promise<void> {
    const { sessionKey } = store.get();
    store.dispatch({ type: "history-loading", what });
    try {
      const params = { sessionKey, limit: PAGE_OF_HISTORY, ...(cursor === null ? {} : { cursor }) };
      const page = await link.request<ChatHistoryAnswer>("chat.history", params);
      store.dispatch({ type: "history", what, page, now: Date.now() });
    } catch (error) {
      if (store.get().sessionKey === sessionKey) {
        store.dispatch({ type: "history-failed", reason: reasonOf(error) });
      }
    }
  }

  /** A new session is called by its first words until somebody gives it a name. */
  async function nameSession(key: string, text: string): Promise<void> {
    const label = text.trim().split("\n", 1)[0]?.slice(0, LABEL_LENGTH) ?? "";
    if (key === MAIN_SESSION || label === "") await actions.reloadSessions();
    else await actions.renameSession(key, label);
  }

  const actions: Actions = {
    async resume() {
      await actions.reloadSessions();
      await actions.loadNewest();
      await Promise.all([
        attempt("Cannot ask for open questions", async () => {
          const approvals = await link.request<readonly ApprovalEntry[]>("plugin.approval.list");
          store.dispatch({ type: "approvals", approvals });
        }),
        actions.reloadPlugins(),
        actions.checkHealth(),
        link.request("sessions.subscribe").catch(ignoreUnknownMethod),
      ]);
    },

    async send(text) {
      const runId = crypto.randomUUID();
      const { sessionKey } = store.get();
      store.dispatch({ type: "send", runId, text, now: Date.now() });
      try {
        await link.request("chat.send", { sessionKey, message: text, idempotencyKey: runId });
        store.dispatch({ type: "send-accepted", runId });
        if (!store.get().sessions.some((row) => row.key === sessionKey)) void nameSession(sessionKey, text);
        return true;
      } catch (error) {
        store.dispatch({ type: "send-failed", runId });
        notify("The message was not sent", error);
        return false;
      }
    },

    async stop() {
      const { sessionKey, transcript } = store.get();
      if (runningRunIds(transcript).length === 0) return;
      await attempt("Cannot stop the answer", () => link.request("chat.abort", { sessionKey }));
    },

    async openSession(key) {
      if (key === store.get().sessionKey) return;
      store.dispatch({ type: "session-open", key });
      rememberSession(key);
      await actions.loadNewest();
    },

    newSession: () => actions.openSession(`agent:main:chat-${crypto.randomUUID().slice(0, 8)}`),

    async renameSession(key, label) {
      const wanted = label.trim();
      await attempt("Cannot rename the session", () =>
        link.request("sessions.patch", { key, label: wanted === "" ? null : wanted }),
      );
      await actions.reloadSessions();
    },

    async deleteSession(key) {
      const done = await attempt("Cannot delete the session", () =>
        link.request("sessions.delete", { key, deleteTranscript: true }),
      );
      if (done !== null && key === store.get().sessionKey) {
        store.dispatch({ type: "session-open", key: MAIN_SESSION });
        rememberSession(MAIN_SESSION);
        await actions.loadNewest();
      }
      await actions.reloadSessions();
    },

    async reloadSessions() {
      await attempt("Cannot list the sessions", async () => {
        const { sessions } = await link.request<SessionsListAnswer>("sessions.list", {
          limit: SESSIONS_SHOWN,
        });
        store.dispatch({ type: "sessions", sessions });
      });
    },

    async loadNewest() {
      const { sessionKey } = store.get();
      void link.request("sessions.messages.subscribe", { key: sessionKey }).catch(ignoreUnknownMethod);
      await fetchHistory("newest", null);
    },

    async loadOlder() {
      const { transcript } = store.get();
      if (transcript.loading !== "no" || transcript.olderCursor === null) return;
      await fetchHistory("older", transcript.olderCursor);
    },

    async decide(approval, decision) {
      const done = await attempt("The decision did not arrive", () =>
        link.request("plugin.approval.resolve", { id: approval.id, decision }),
      );
      if (done !== null) store.dispatch({ type: "approval-gone", id: approval.id });
      if (approval.kind === "grant") await actions.reloadPlugins();
    },

    async changePlugin(id, change) {
      await attempt(`Cannot ${change} "${id}"`, () => link.request(`plugins.${change}`, { pluginId: id }));
      await actions.reloadPlugins();
    },

    async reloadPlugins() {
      await attempt("Cannot list the plugins", async () => {
        const { plugins } = await link.request<PluginsListAnswer>("plugins.list");
        store.dispatch({ type: "plugins", plugins });
      });
    },

    async checkHealth() {
      try {
        const response = await fetch("/readyz", { headers: { accept: "application/json" } });
        store.dispatch({ type: "readiness", readiness: (await response.json()) as Readiness });
      } catch {
        // The line's own state says that the gateway is away; a second message would only repeat it.
      }
    },

    dismiss: (id) => store.dispatch({ type: "notice-gone", id }),
  };
  return actions;
}

function reasonOf(error: unknown): string {
  if (error instanceof RequestError && error.fix !== null) return `${error.message}. ${error.fix}`;
  return error instanceof Error ? error.message : String(error);
}

/** Subscriptions are an extra that an older gateway may lack; chat works without them. */
function ignoreUnknownMethod(): void {}
