/**
 * Policy for what a call does about itself: the body and answer of a route's request, a channel's messages and state.
 *
 * Pure. Only the call that the host opened for it may: what its port takes is the host's own knowledge. Another call of
 * the same plugin, even in the same isolate, can neither answer that request nor speak as that account.
 */
import { ALLOWED, denied, type Allowed, type Denied } from "#host/base/decision.ts";
import type { CallEffect, EffectRequest } from "#host/base/effect.ts";
import { deedOf } from "./describe.ts";
import type { Facts } from "./policy.ts";

export function decideCall(
  facts: Facts,
  request: CallEffect,
  takes: readonly CallEffect["kind"][],
): Allowed | Denied {
  const cannot = `Cannot ${deedOf(request)}`;
  if (!takes.includes(request.kind)) {
    return denied(`${cannot}: the call that asks for it was not opened for that`, WHERE[request.kind]);
  }
  if (facts.roots.plugin === null) {
    return denied(`${cannot}: "${facts.plugin}" is not there, or not any more`, "Install the plugin first");
  }
  if (request.kind.startsWith("route.") && facts.rights.routes.length === 0) {
    return denied(`${cannot}: "${facts.plugin}" holds no route any more`, "Grant its routes again");
  }
  return ALLOWED;
}

const WHERE: Record<CallEffect["kind"], string> = {
  "route.body": "Read the body within fetch, while the request is being answered",
  "route.answer": "Return a Response from fetch",
  "channel.receive": "Call ctx.receive within the channel's run, backfill or fetch, before it returns",
  "channel.status": "Call ctx.status within the channel's run, before it returns",
  "channel.prompt": "Yield steps from the channel's login",
};

export function isCallEffect(request: EffectRequest): request is CallEffect {
  return request.kind.startsWith("route.") || request.kind.startsWith("channel.");
}

/** What belongs to an exchange that is on record already, or changes nothing. */
export function isQuiet({ kind }: CallEffect): boolean {
  return kind.startsWith("route.") || kind === "channel.status";
}
