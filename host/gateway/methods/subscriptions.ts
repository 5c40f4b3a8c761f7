/** What a client wants to hear of besides its runs: all sessions' changes, or one session's messages. */
import * as v from "valibot";
import { HostError } from "#host/base/errors.ts";
import { parseSessionKey, sessionKey } from "#host/gateway/session-key.ts";
import { defineMethod, type AnyMethod } from "./method.ts";

/** A client that watches more wants all sessions. */
const MAX_WATCHED = 256;

const none = v.strictObject({});
const ofOne = v.strictObject({
  key: sessionKey,
  agentId: v.optional(v.string()),
  includeApprovals: v.optional(v.literal(true)),
});

export const subscriptionMethods: readonly AnyMethod[] = [
  ofSessions("sessions.subscribe", true),
  ofSessions("sessions.unsubscribe", false),
  defineMethod({
    name: "sessions.messages.subscribe",
    scope: "operator.read",
    params: ofOne,
    run({ key: written }, { client }) {
      const key = parseSessionKey(written);
      const { messages } = client.watched;
      if (messages.size >= MAX_WATCHED && !messages.has(key)) {
        throw new HostError(
          "limit.exceeded",
          `Cannot watch "${key}": ${MAX_WATCHED} sessions are watched already`,
          {
            fix: "Use `sessions.subscribe` to watch all of them",
          },
        );
      }
      messages.add(key);
      return { subscribed: true, key };
    },
  }),
  defineMethod({
    name: "sessions.messages.unsubscribe",
    scope: "operator.read",
    params: ofOne,
    run({ key: written }, { client }) {
      const key = parseSessionKey(written);
      client.watched.messages.delete(key);
      return { subscribed: false, key };
    },
  }),
];

function ofSessions(name: string, subscribed: boolean): AnyMethod {
  return defineMethod({
    name,
    scope: "operator.read",
    params: none,
    run(_params, { client }) {
      client.watched.sessions = subscribed;
      return { subscribed };
    },
  });
}
