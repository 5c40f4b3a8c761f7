/** `sessions.list`, `sessions.patch`, `sessions.compact`, `sessions.delete`. */
import * as v from "valibot";
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import type { ChatPort, ModelsPort, SessionsPort } from "#host/gateway/ports.ts";
import type { SessionsChanged, SessionsListAnswer } from "#host/gateway/protocol/sessions.ts";
import { MAIN_AGENT, parseSessionKey, sessionKey } from "#host/gateway/session-key.ts";
import { activeRuns, modelDefaults, toSessionRow } from "#host/gateway/session-rows.ts";
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
        defaults: modelDefaults(models),
        sessions: page.sessions.map((session) => toSessionRow(session, runs.get(session.key) ?? [])),
      };
    },
  });
}

const patchParams = v.strictObject({
  key: sessionKey,
  agentId: v.optional(v.literal(MAIN_AGENT)),
  /** The only property that can be changed; null takes the name away. */
  label: v.nullable(v.pipe(text, v.maxLength(512))),
});

export function patchMethod({ sessions, clock, changed }: SessionMethodDeps): AnyMethod {
  return defineMethod({
    name: "sessions.patch",
    scope: "operator.write",
    params: patchParams,
    async run({ key: written, label }) {
      const key = parseSessionKey(written);
      if (!(await sessions.rename(key, label))) throw noSession(key, "rename");
      changed({ sessionKey: key, agentId: MAIN_AGENT, ts: clock.now(), reason: "patch", label });
      return { ok: true, key, entry: { key, label } };
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
