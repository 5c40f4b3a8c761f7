/** (state, what happened) → state. Pure: time and identifiers come with the action. */
import type {
  AgentEventPayload,
  ApprovalEntry,
  ApprovalResolved,
  ChatEvent,
  SessionMessage,
  SessionRow,
} from "../wire.ts";
import type { Action, AppState } from "./app-state.ts";
import { showNewest, showOlder, userEntry } from "./history.ts";
import { applyAgent, applyChat } from "./run-events.ts";
import { EMPTY_TRANSCRIPT, type Entry, type Transcript, isRunning, newAnswer, settle } from "./transcript.ts";

export function reduce(state: AppState, action: Action): AppState {
  switch (action.type) {
    case "access":
      return { ...state, access: action.access };
    case "link-connecting":
      return { ...state, link: { phase: "connecting" } };
    case "link-open":
      return opened(state, action);
    case "link-lost":
      return lost(state, action);
    case "event":
      return reduceEvent(state, action.event, action.payload, action.now);
    case "sessions":
      return { ...state, sessions: action.sessions };
    case "session-open":
      return openSession(state, action.key);
    case "history-loading":
      return { ...state, transcript: { ...state.transcript, loading: action.what } };
    case "history-failed":
      return { ...state, transcript: { ...state.transcript, loading: "no", problem: action.reason } };
    case "history":
      return { ...state, transcript: withHistory(state, action) };
    case "send":
      return { ...state, transcript: withSent(state.transcript, action) };
    case "send-accepted":
      return { ...state, transcript: markSent(state.transcript, action.runId, "sent") };
    case "send-failed":
      return {
        ...state,
        transcript: withoutAnswer(markSent(state.transcript, action.runId, "failed"), action.runId),
      };
    case "approvals":
      return { ...state, approvals: action.approvals };
    case "approval-gone":
      return { ...state, approvals: state.approvals.filter((approval) => approval.id !== action.id) };
    case "plugins":
      return { ...state, plugins: action.plugins };
    case "readiness":
      return { ...state, readiness: action.readiness };
    case "notice":
      return { ...state, notices: [...state.notices.slice(-2), { id: action.id, text: action.text }] };
    case "notice-gone":
      return { ...state, notices: state.notices.filter((notice) => notice.id !== action.id) };
  }
}

function opened(state: AppState, action: Action & { type: "link-open" }): AppState {
  const { version } = action.hello.server;
  return { ...state, access: { phase: "signed-in" }, link: { phase: "open", version } };
}

/** Whatever the line carries while it is down is missed: answers under way are fetched again later. */
function lost(state: AppState, action: Action & { type: "link-lost" }): AppState {
  const live = state.transcript.live.map((entry) =>
    entry.kind === "answer" && isRunning(entry) ? { ...entry, partial: true } : entry,
  );
  return {
    ...state,
    link: { phase: "lost", reason: action.reason, retryAt: action.retryAt },
    transcript: { ...state.transcript, live },
  };
}

function openSession(state: AppState, key: string): AppState {
  const unread = new Set(state.unread);
  unread.delete(key);
  return { ...state, sessionKey: key, unread, transcript: { ...EMPTY_TRANSCRIPT, loading: "newest" } };
}

function withHistory(state: AppState, action: Action & { type: "history" }): Transcript {
  if (action.page.sessionKey !== state.sessionKey) return state.transcript;
  if (action.what === "older") return showOlder(state.transcript, action.page);
  return showNewest(state.transcript, action.page, action.now);
}

function reduceEvent(state: AppState, event: string, payload: unknown, now: number): AppState {
  switch (event) {
    case "chat":
      return onChat(state, payload as ChatEvent, now);
    case "agent":
      return onAgent(state, payload as AgentEventPayload, now);
    case "session.message":
      return onMessage(state, payload as SessionMessage);
    case "plugin.approval.requested":
      return onRequested(state, payload as ApprovalEntry);
    case "plugin.approval.resolved":
      return reduce(state, { type: "approval-gone", id: (payload as ApprovalResolved).id });
    default:
      return state;
  }
}

function onChat(state: AppState, event: ChatEvent, now: number): AppState {
  const over = event.state === "final" || event.state === "aborted" || event.state === "error";
  const sessions = markActive(state.sessions, event.sessionKey, event.runId, !over);
  if (event.sessionKey === state.sessionKey) {
    const isJoined = event.state === "final" && event.message === undefined;
    const transcript = isJoined
      ? withoutAnswer(markSent(state.transcript, event.runId, "sent"), event.runId)
      : applyChat(state.transcript, event, now);
    return { ...state, sessions, transcript };
  }
  const unread = over ? new Set([...state.unread, event.sessionKey]) : state.unread;
  return { ...state, sessions, unread };
}

function onAgent(state: AppState, event: AgentEventPayload, now: number): AppState {
  if (event.sessionKey !== state.sessionKey) return state;
  const transcript = applyAgent(state.transcript, event, now);
  return transcript === state.transcript ? state : { ...state, transcript };
}

/** What somebody said elsewhere (another window, the command line, a channel) in the session shown here. */
function onMessage(state: AppState, { sessionKey, message }: SessionMessage): AppState {
  if (sessionKey !== state.sessionKey || message.role !== "user") return state;
  const entry = userEntry(message);
  const { settled, live } = state.transcript;
  const known = (other: Entry) => other.id === entry.id;
  if (live.some(known) || settled.some(known)) return state;
  const at = live.findIndex((other) => other.kind === "answer" && other.runId === entry.runId);
  const next = live.toSpliced(at < 0 ? live.length : at, 0, entry);
  return { ...state, transcript: settle({ ...state.transcript, live: next }) };
}

function onRequested(state: AppState, approval: ApprovalEntry): AppState {
  const others = state.approvals.filter((other) => other.id !== approval.id);
  return { ...state, approvals: [...others, approval] };
}

function markActive(
  sessions: readonly SessionRow[],
  key: string,
  runId: string,
  active: boolean,
): readonly SessionRow[] {
  const row = sessions.find((session) => session.key === key);
  if (row === undefined) return sessions;
  if (row.activeRunIds.includes(runId) === active) return sessions;
  const others = row.activeRunIds.filter((other) => other !== runId);
  const activeRunIds = active ? [...others, runId] : others;
  return sessions.map((session) =>
    session === row ? { ...row, activeRunIds, hasActiveRun: activeRunIds.length > 0 } : session,
  );
}

function withSent(transcript: Transcript, action: Action & { type: "send" }): Transcript {
  const { runId, text, now } = action;
  const entry = { kind: "user", id: `user:${runId}`, runId, text, at: now, phase: "sending" } as const;
  return { ...transcript, live: [...transcript.live, entry, newAnswer(runId, now, false)] };
}

function markSent(transcript: Transcript, runId: string, phase: "sent" | "failed"): Transcript {
  const live = transcript.live.map((entry) =>
    entry.kind === "user" && entry.runId === runId ? { ...entry, phase } : entry,
  );
  return settle({ ...transcript, live });
}

function withoutAnswer(transcript: Transcript, runId: string): Transcript {
  const live = transcript.live.filter((entry) => !(entry.kind === "answer" && entry.runId === runId));
  return settle({ ...transcript, live });
}
