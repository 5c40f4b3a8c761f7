/**
 * Session keys: `agent:<agentId>:<rest>` (protocol.md, "A turn"). `main` is an alias, and a key without a
 * prefix belongs to the main agent.
 */
import * as v from "valibot";
import { HostError } from "#host/base/errors.ts";

export const MAIN_AGENT = "main";
export const MAIN_KEY = "agent:main:main";

/** A key as clients write it. */
export const sessionKey = v.pipe(v.string(), v.minLength(1), v.maxLength(512));

/** The key in full. Throws `request.invalid` for an agent that does not exist and for unprintable keys. */
export function parseSessionKey(written: string): string {
  const key = written.trim();
  // eslint-disable-next-line no-control-regex
  if (key === "" || /[\u0000-\u001f\u007f]/.test(key)) {
    throw new HostError(
      "request.invalid",
      `Cannot use the session key ${JSON.stringify(written)}: it is not printable`,
    );
  }
  if (!key.startsWith("agent:")) return `agent:${MAIN_AGENT}:${key}`;
  const [, agentId, ...rest] = key.split(":");
  if (agentId !== MAIN_AGENT) {
    throw new HostError("request.invalid", `unknown agent id "${agentId ?? ""}"`, {
      fix: `Use "${MAIN_KEY}" or another key that starts with "agent:${MAIN_AGENT}:"`,
    });
  }
  if (rest.join(":") === "") {
    throw new HostError(
      "request.invalid",
      `Cannot use the session key "${key}": nothing follows the agent's name`,
    );
  }
  return key;
}

/** The part after the agent, for people. */
export function sessionName(key: string): string {
  return key.split(":").slice(2).join(":");
}
