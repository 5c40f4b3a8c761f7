/**
 * What is written for Squid: its configuration, from the operator's list and from what plugins were granted, and
 * the plugins as its users.
 */
import { join } from "node:path";
import { HostError } from "#host/base/errors.ts";
import { SQUID } from "#host/base/limits.ts";
import { renderSquidConfig, type SquidPlugin } from "#host/broker/squid-config.ts";
import { renderSquidUsers, squidSecret } from "#host/broker/squid-users.ts";
import type { Config } from "#host/config/config.ts";
import type { Environment } from "#host/config/environment.ts";
import { expandDomains } from "#manifests/domains.ts";
import { INSTALLER, registryRights } from "./fetch-package.ts";
import { findNpmRegistry } from "./npm-registry.ts";
import { replaceFile } from "./replace-file.ts";

export interface SquidFacts {
  readonly config: Config;
  /** For messages. */
  readonly configPath: string;
  readonly environment: Environment;
  readonly allowlist: readonly string[];
  /** Domain patterns by plugin. */
  readonly granted: ReadonlyMap<string, readonly string[]>;
}

export interface SquidPlace {
  /** Where the files are written. */
  readonly folder: string;
  /** Where Squid finds them; null for the same folder. */
  readonly at: string | null;
  readonly log: string;
  readonly authProgram: string;
}

/** Writes `squid.conf` and `users`. Answers the plugins in them. Rejects with a HostError `request.invalid`. */
export async function writeSquidFiles(facts: SquidFacts, place: SquidPlace): Promise<readonly SquidPlugin[]> {
  const proxy = facts.config.network.proxy;
  const secret = proxy === null ? null : squidSecret(proxy);
  if (proxy === null || secret === null) throw noSecret(facts.configPath);
  const granted = expanded(facts);
  const plugins = [...(await installers(facts.environment)), ...granted];
  const text = renderSquidConfig({
    listen: listenOf(proxy),
    allowlist: facts.allowlist,
    plugins,
    usersFile: join(place.at ?? place.folder, "users"),
    authProgram: place.authProgram,
    accessLog: place.log,
    limits: SQUID,
  });
  const ids = plugins.map(({ id }) => id);
  replaceFile(join(place.folder, "users"), renderSquidUsers(secret, ids));
  replaceFile(join(place.folder, "squid.conf"), text);
  return granted;
}

function expanded({ granted, config }: SquidFacts): SquidPlugin[] {
  return [...granted].map(([id, domains]) => {
    return { id, domains: expandDomains(domains, config.plugins.entries[id]?.config ?? {}) };
  });
}

/** What downloads packages for `openclaw plugin install` goes through Squid too; without npm nothing does. */
async function installers(environment: Environment): Promise<SquidPlugin[]> {
  const registry = await findNpmRegistry(environment).catch(() => null);
  return registry === null ? [] : [{ id: INSTALLER, domains: registryRights(registry).domains }];
}

/** Where Squid listens, so that the gateway finds it: on this machine only, if the gateway looks there. */
function listenOf(proxy: string): string {
  const { hostname, port } = new URL(proxy);
  const isHere = ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  return `${isHere ? `${hostname === "[::1]" ? "[::1]" : "127.0.0.1"}:` : ""}${port || "80"}`;
}

function noSecret(configPath: string): HostError {
  return new HostError(
    "request.invalid",
    'Cannot write Squid\'s configuration: "network.proxy" has no address with a secret in it',
    {
      fix: `Set it in ${configPath} to "http://openclaw:SECRET@127.0.0.1:3128", with 32 random letters as SECRET`,
    },
  );
}
