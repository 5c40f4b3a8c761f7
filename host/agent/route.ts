/**
 * Second stage: whose message it is. Session keys are `agent:<agentId>:<rest>`; `main` and any other short
 * name stand for a session of the main agent.
 */
import { HostError } from "#host/base/errors.ts";

export interface Route {
  /** Normalised: `agent:main:main`. */
  readonly sessionKey: string;
  readonly agentId: string;
}

export const MAIN_AGENT = "main";
const MAX_KEY_CHARS = 256;

/** Throws `request.invalid` for a key that is empty, too long, has control characters, or names no agent. */
export function parseSessionKey(raw: string, agents: readonly string[] = [MAIN_AGENT]): Route {
  const key = raw.trim();
  const [agentId = MAIN_AGENT, ...rest] = /^agent:/i.test(key) ? key.split(":").slice(1) : [MAIN_AGENT, key];
  const name = rest.join(":");
  const sessionKey = `agent:${agentId}:${name}`;
  if (!/[^:]/.test(name) || sessionKey.length > MAX_KEY_CHARS || /[\p{Cc}\s]/u.test(key)) throw badKey(key);
  if (agents.includes(agentId)) return { sessionKey, agentId };
  throw new HostError("request.invalid", `Cannot use session key "${key}": there is no agent "${agentId}"`, {
    fix: `Use one of these agents: ${agents.join(", ")}`,
  });
}

function badKey(key: string): HostError {
  const shown = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  return new HostError(
    "request.invalid",
    `Cannot use session key ${JSON.stringify(shown)}: not a session key`,
    {
      fix: `Use "main" or agent:<agent>:<name>, at most ${MAX_KEY_CHARS} characters without spaces`,
    },
  );
}
