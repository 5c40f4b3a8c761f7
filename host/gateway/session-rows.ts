/** Sessions as rows for clients, with what runs in each now. */
import type { ChatPort, ModelsPort, SessionsPort } from "./ports.ts";
import type { SessionSettings, SessionSummary } from "#host/base/session.ts";
import type { SessionRow } from "./protocol/sessions.ts";
import type { SessionsSnapshot } from "./protocol/status.ts";
import { MAIN_KEY, sessionName } from "./session-key.ts";

const RECENT = 5;

/** Runs that are being answered, by session. */
export function activeRuns(chat: Pick<ChatPort, "running">): ReadonlyMap<string, readonly string[]> {
  const runs = new Map<string, string[]>();
  for (const { sessionKey, runId } of chat.running()) {
    const known = runs.get(sessionKey);
    if (known === undefined) runs.set(sessionKey, [runId]);
    else known.push(runId);
  }
  return runs;
}

export function toSessionRow(
  session: SessionSummary,
  runIds: readonly string[],
  defaults: ModelDefaults,
): SessionRow {
  return {
    ...modelOf(session, defaults),
    key: session.key,
    sessionId: session.sessionId,
    agentId: session.agentId,
    kind: "direct",
    isMain: session.key === MAIN_KEY,
    label: session.title,
    displayName: session.title ?? sessionName(session.key),
    lastMessagePreview: session.lastMessagePreview,
    messageCount: session.messageCount,
    createdAt: session.createdAt,
    updatedAt: session.updatedAt,
    inputTokens: session.inputTokens,
    outputTokens: session.outputTokens,
    totalTokens: session.inputTokens + session.outputTokens,
    hasActiveRun: runIds.length > 0,
    activeRunIds: runIds,
  };
}

export interface ModelDefaults {
  readonly modelProvider: string;
  readonly model: string;
}

/** What answers in a conversation, and how long it thinks. */
export function modelOf(
  { model, thinking }: SessionSettings,
  defaults: ModelDefaults,
): Pick<SessionRow, "modelProvider" | "model" | "modelOverrideSource" | "thinkingLevel"> {
  const slash = model?.indexOf("/") ?? -1;
  const chosen =
    model === null ? defaults : { modelProvider: model.slice(0, slash), model: model.slice(slash + 1) };
  return { ...chosen, modelOverrideSource: model === null ? null : "user", thinkingLevel: thinking };
}

/** The newest sessions in brief, for `health` and `status`. */
export async function sessionsSnapshot(
  sessions: SessionsPort,
  path: string,
  now: number,
): Promise<SessionsSnapshot> {
  const page = await sessions.list(RECENT, 0);
  return {
    path,
    count: page.total,
    recent: page.sessions.map(({ key, updatedAt }) => ({
      key,
      updatedAt,
      age: Math.max(0, now - updatedAt),
    })),
  };
}

/** The model that answers where a session does not say otherwise. */
export function modelDefaults(models: Pick<ModelsPort, "status">): ModelDefaults {
  const { provider, model } = models.status();
  return { modelProvider: provider, model };
}
