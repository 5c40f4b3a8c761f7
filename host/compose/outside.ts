/**
 * Which plugins have been outside (the web, a socket) in which session: what they say from then on may be others' words.
 *
 * Told by what a plugin did, not by what it says of itself, and for the rest of the session, since it may keep what it
 * read. Fails closed: where too many are remembered, all count as having been outside.
 */
import type { EffectIdentity, PerformEffect } from "#host/base/effect.ts";

export interface OutsideWatch {
  /** The same effects, seen. */
  around(perform: PerformEffect): PerformEffect;
  hasBeenOutside(plugin: string, session: string): boolean;
}

const MAX_REMEMBERED = 50_000;

export function createOutsideWatch(maxRemembered: number = MAX_REMEMBERED): OutsideWatch {
  const seen = new Set<string>();
  const nameOf = (plugin: string, session: string | null) => JSON.stringify([plugin, session]);
  const note = ({ plugin, session }: EffectIdentity) => {
    if (seen.size < maxRemembered) seen.add(nameOf(plugin, session));
  };
  return {
    around: (perform) => async (identity, request, context) => {
      const reply = await perform(identity, request, context);
      // What the host refused never left: the words that come back are its own.
      const left = reply.ok || reply.failure.code !== "denied";
      if (left && /^(?:http|socket)\./.test(request.kind)) note(identity);
      return reply;
    },
    hasBeenOutside: (plugin, session) => seen.size >= maxRemembered || seen.has(nameOf(plugin, session)),
  };
}
