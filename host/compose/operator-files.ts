/**
 * The operator's files: the Squid allowlist, and what is written for Squid from it.
 *
 * The command line changes them itself, as the operator's hand. The gateway only reads the list: it cannot
 * widen what guards it. A file is replaced as a whole or not at all, and a link to it stays a link.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import { createLog } from "#host/base/log.ts";
import {
  addToAllowlist,
  removeFromAllowlist,
  toEntry,
  type AllowlistEdit,
} from "#host/broker/allowlist-edit.ts";
import { parseAllowlist } from "#host/broker/allowlist.ts";
import type { Environment } from "#host/config/environment.ts";
import { createConfig } from "#host/config/load.ts";
import { prepareState } from "#host/config/state.ts";
import { entryContains } from "#manifests/dstdomain.ts";
import { release } from "./release.ts";
import { replaceFile } from "./replace-file.ts";
import { writeSquidFiles, type SquidPlace } from "./squid-files.ts";
import { noteRendered } from "./squid-rendered.ts";

/** Throws `config.invalid`, or `request.invalid` where no list is configured. */
export function openOperatorFiles(stateDir: string, environment: Environment) {
  const paths = prepareState(stateDir);
  const log = createLog({ clock: systemClock, level: "error", format: "text", write: () => {} });
  const source = createConfig({ paths, homeDir: homedir(), environment, log });
  source.stop();
  const config = source.current();
  const path = config.network.allowlist ?? noList(paths.config);
  const edit = (change: (text: string) => AllowlistEdit): AllowlistEdit => {
    const done = change(readText(path, ""));
    replaceFile(path, done.text);
    return done;
  };
  return {
    path,
    entries: () => parseAllowlist(readText(path, null)),
    add: (domains: readonly string[]) => edit((text) => addToAllowlist(text, domains)),
    remove: (domain: string) => edit((text) => removeFromAllowlist(text, domain)),
    /** The entry that lets a domain through, or null. */
    coveredBy(domain: string): string | null {
      const entry = toEntry(domain, "check");
      return parseAllowlist(readText(path, null)).find((one) => entryContains(one, entry)) ?? null;
    },
    /** Writes `squid.conf` and `users`. `granted`: domain patterns by plugin. */
    async renderSquid(granted: ReadonlyMap<string, readonly string[]>, place: SquidPlace): Promise<void> {
      const allowlist = parseAllowlist(readText(path, null));
      const facts = { config, configPath: paths.config, environment, allowlist, granted };
      const plugins = await writeSquidFiles(facts, place);
      noteRendered(paths, {
        allowlist: [...allowlist],
        plugins: Object.fromEntries(plugins.map(({ id, domains }) => [id, [...domains]])),
      });
    },
  };
}

function noList(configPath: string): never {
  throw new HostError("request.invalid", 'There is no Squid allowlist: "network.allowlist" is not set', {
    fix: `Add "network": { "allowlist": "${join(release.root, "k8s", "squid", "allowlist.txt")}" } to ${configPath}`,
  });
}

/** `missing` is what a file reads as that is not there; null makes that an error. */
function readText(path: string, missing: string | null): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const isGone = (cause as NodeJS.ErrnoException).code === "ENOENT";
    if (isGone && missing !== null) return missing;
    throw new HostError(
      "request.invalid",
      `Cannot read the Squid allowlist "${path}": ${isGone ? "there is no such file" : String(cause)}`,
      { fix: "Make it with: openclaw allowlist add <domain>", cause },
    );
  }
}
