/**
 * `audit.effects.list` and `audit.verify`: what plugins did and were refused, and whether the record of it holds.
 *
 * The names are our own. Upstream's `audit.list` and `audit.activity.list` tell of runs and tool calls, not of
 * effects, and stay free for them.
 */
import * as v from "valibot";
import type { AuditPort } from "#host/gateway/ports.ts";
import type { AuditEffectsAnswer } from "#host/gateway/protocol/audit.ts";
import { defineMethod, type AnyMethod } from "./method.ts";

const LIST_DEFAULT = 50;
const LIST_MAX = 500;

const listParams = v.strictObject({
  pluginId: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  deniedOnly: v.optional(v.boolean(), false),
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LIST_MAX)), LIST_DEFAULT),
});

export function auditMethods(audit: AuditPort): readonly AnyMethod[] {
  return [
    defineMethod({
      name: "audit.effects.list",
      scope: "operator.read",
      params: listParams,
      async run({ pluginId, deniedOnly, limit }): Promise<AuditEffectsAnswer> {
        return { effects: await audit.list({ plugin: pluginId ?? null, deniedOnly, limit }) };
      },
    }),
    defineMethod({
      name: "audit.verify",
      scope: "operator.admin",
      params: v.strictObject({}),
      run: () => audit.verify(),
    }),
  ];
}
