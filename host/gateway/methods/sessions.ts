/** `sessions.list`, `sessions.patch`, `sessions.compact`, `sessions.delete`. */
import * as v from "valibot";
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import { parseThinkingLevel, THINKING_LEVELS, type ThinkingLevel } from "#host/base/thinking.ts";
import type { ChatPort, ModelsPort, SessionsPort } from "#host/gateway/ports.ts";
import type { SessionsChanged, SessionsListAnswer } from "#host/gateway/protocol/sessions.ts";
import { MAIN_AGENT, parseSessionKey, sessionKey } from "#host/gateway/session-key.ts";
import { activeRuns, modelDefaults, modelOf, toSessionRow } from "#host/gateway/session-rows.ts";
import { defineMethod, type AnyMethod } from "./method.ts";

const LIST_DEFAULT = 100;
const LIST_MAX = 1000;

const text = v.pipe(v.string(), v.minLength(1));
const flag = v.optional(v.boolean());

const listParams = v.strictObject({
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), LIST_DEFAULT),
  offset: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  agentId: v.optional(v.literal(MAIN_AGENT)),
  archived: v.optional(v.union([v.literal(false), v.literal("all")])),
  sortBy: v.optional(v.picklist(["updatedAt", "lastInteractionAt"])),
  // What a row holds anyway, or what there is none of here.
  includeDerivedTitles: flag,
  includeLastMessage: flag,
  includeGlobal: flag,
  includeUnknown: flag,
  includePeople: flag,
  configuredAgentsOnly: flag,
  requireLastInteraction: flag,
  ownerFirst: flag,
});

export interface SessionMethodDeps {
  readonly sessions: SessionsPort;
  readonly chat: ChatPort;
  readonly models: ModelsPort;
  readonly clock: Clock;
  /** Where sessions are kept, for people. */
  readonly path: string;
  readonly changed: (change: SessionsChanged) => void;
}

export function listMethod({ sessions, chat, models, clock, path }: SessionMethodDeps): AnyMethod {
  return defineMethod({
    name: "sessions.list",
    scope: "operator.read",
    params: listParams,
    async run({ limit, offset }): Promise<SessionsListAnswer> {
      const limitApplied = Math.min(limit, LIST_MAX);
      const page = await sessions.list(limitApplied, offset);
      const runs = activeRuns(chat);
      const defaults = modelDefaults(models);
      const next = offset + page.sessions.length;
      const hasMore = next < page.total;
      return {
        ts: clock.now(),
        path,
        count: page.sessions.length,
        totalCount: page.total,
        limitApplied,
        nextOffset: hasMore ? next : null,
        hasMore,
        defaults,
        sessions: page.sessions.map((session) =>
          toSessionRow(session, runs.get(session.key) ?? [], defaults),
        ),
      };
    },
  });
}

const patchParams = v.strictObject({
  key: sessionKey,
  agentId: v.optional(v.literal(MAIN_AGENT)),
  /** Null takes the name away. */
  label: v.optional(v.nullable(v.pipe(text, v.maxLength(512)))),
  /** `provider/model`, or a model's name that only one provider has; null for the usual one. */
  model: v.optional(v.nullable(text)),
  /** Null for the model's own way. */
  thinkingLevel: v.optional(v.nullable(text)),
});

export function patchMethod({ sessions, models, clock, changed }: SessionMethodDeps): AnyMethod {
  return defineMethod({
    name: "sessions.patch",
    scope: "operator.write",
    params: patchParams,
    async run({ key: written, label, model, thinkingLevel }) {
      const key = parseSessionKey(written);
      if (!(await sessions.has(key))) throw noSession(key, label === undefined ? "change" : "rename");
      const change = {
        ...(model === undefined ? {} : { model: await modelNamed(models, model) }),
        ...(thinkingLevel === undefined ? {} : { thinking: levelNamed(thinkingLevel) }),
      };
      if (label !== undefined) await sessions.rename(key, label);
      if (Object.keys(change).length > 0) sessions.choose(key, change);
      const { modelOverrideSource, ...now } = modelOf(sessions.settingsOf(key), modelDefaults(models));
      const told = {
        ...(label === undefined ? {} : { label }),
        ...(Object.keys(change).length > 0 ? now : {}),
      };
      changed({ sessionKey: key, agentId: MAIN_AGENT, ts: clock.now(), reason: "patch", ...told });
      const resolved = { modelProvider: now.modelProvider, model: now.model };
      return { ok: true, key, entry: { key, ...told, modelOverrideSource }, resolved };
    },
  });
}

const compactParams = v.strictObject({
  key: sessionKey,
  agentId: v.optional(v.literal(MAIN_AGENT)),
  /** What the summary is to mind. */
  instructions: v.optional(v.pipe(v.string(), v.maxLength(2_000)), ""),
});

export function compactMethod({ chat, clock, changed }: SessionMethodDeps): AnyMethod {
  return defineMethod({
    name: "sessions.compact",
    scope: "operator.admin",
    params: compactParams,
    async run({ key: written, instructions }) {
      const key = parseSessionKey(written);
      const { covers } = await chat.compact(key, instructions);
      if (covers === 0) return { ok: true, key, compacted: false, reason: "nothing to compact" };
      changed({ sessionKey: key, agentId: MAIN_AGENT, ts: clock.now(), reason: "compact" });
      return { ok: true, key, compacted: true, covers };
    },
  });
}

async function modelNamed(models: ModelsPort, model: string | null): Promise<string | null> {
  if (model === null) return null;
  const found = await models.find(model);
  if (found !== null) return found;
  throw new HostError("request.invalid", `Cannot use model "${model}": no provider has it`, {
    fix: "Look at `models.list` for those that there are",
  });
}

function levelNamed(level: string | null): ThinkingLevel | null {
  if (level === null) return null;
  const parsed = parseThinkingLevel(level);
  if (parsed !== null) return parsed;
  throw new HostError("request.invalid", `Cannot use thinking level "${level}": there is none of that name`, {
    fix: `Use one of ${THINKING_LEVELS.join(", ")}`,
  });
}

const deleteParams = v.strictObject({
  key: sessionKey,
  agentId: v.optional(v.literal(MAIN_AGENT)),
  deleteTranscript: v.optional(v.literal(true)),
  emitLifecycleHooks: flag,
});

export function deleteMethod({ sessions, chat, clock, changed }: SessionMethodDeps): AnyMethod {
  return defineMethod({
    name: "sessions.delete",
    scope: "operator.admin",
    params: deleteParams,
    async run({ key: written }) {
      const key = parseSessionKey(written);
      await chat.abort(key, null);
      const deleted = await sessions.delete(key);
      if (deleted) changed({ sessionKey: key, agentId: MAIN_AGENT, ts: clock.now(), reason: "delete" });
      return { ok: true, key, deleted, archived: [] };
    },
  });
}

function noSession(key: string, verb: string): HostError {
  return new HostError("request.invalid", `Cannot ${verb} the session "${key}": there is none`, {
    fix: "Look at `sessions.list` for those that exist",
  });
}
