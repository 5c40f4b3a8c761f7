/** What the first start writes: a small openclaw.json that says what can be changed, and a token. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { asHostError } from "#host/base/errors.ts";
import { createOnce, errnoOf, type StatePaths } from "./state.ts";

/** 256 bits: nobody guesses it, whatever the rate. */
const TOKEN_BYTES = 32;

/** Makes openclaw.json if there is none; true if it did. */
export function writeFirstConfig(paths: StatePaths, makeToken = randomToken): boolean {
  return guarded(() => createOnce(paths.config, firstConfig(makeToken())));
}

/** The token of a file that names none: made once and kept beside the other credentials. */
export function keptToken(paths: StatePaths): string {
  return guarded(() => {
    createOnce(paths.gatewayToken, `${randomToken()}\n`);
    return readFileSync(paths.gatewayToken, "utf8").trim();
  });
}

function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

function firstConfig(token: string): string {
  return `// Settings of the gateway, in JSON5. A saved change is used at once; a mistake is told and not used.
{
  gateway: {
    port: 18789,
    // Whoever has the token may use the gateway and everything that it may do.
    auth: { mode: "token", token: ${JSON.stringify(token)} },
  },

  // Which model answers. Without this the gateway looks for Ollama, LM Studio and API keys by itself.
  // agents: { defaults: { model: { primary: "ollama/llama3.2" } } },

  // A Squid proxy that everything of plugins goes through, and the list of domains that it lets pass.
  // network: { proxy: "http://127.0.0.1:3128", allowlist: "/etc/squid/allowlist.txt" },
}
`;
}

function guarded<Output>(work: () => Output): Output {
  try {
    return work();
  } catch (thrown) {
    throw asHostError(thrown, errnoOf(thrown) === "" ? "internal" : "state.unwritable");
  }
}
