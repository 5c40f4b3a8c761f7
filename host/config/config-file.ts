/** openclaw.json on the disk, and the copy of its last good text beside it. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { HostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import type { Config } from "./config.ts";
import { parseConfig } from "./parse.ts";
import { resolveConfig, type ResolveFacts } from "./resolve.ts";
import { errnoOf } from "./state.ts";

export interface ReadConfig {
  /** The file's text, by which a change is told. */
  readonly text: string;
  readonly config: Config;
}

export interface ConfigFileAccess {
  /** Throws a HostError `config.invalid` or `config.unreadable`. */
  read(): ReadConfig;
  /** Null if there is none or it is of no use any more. */
  readLastGood(): ReadConfig | null;
  /** Remembers this text as good. A disk that does not take it costs the safety net, not the start. */
  keep(read: ReadConfig): void;
}

export function createConfigFile(facts: ResolveFacts, log: Log): ConfigFileAccess {
  const { config: path, lastGoodConfig: lastGood } = facts.paths;
  const readAt = (at: string): ReadConfig => {
    const text = readText(at);
    return { text, config: resolveConfig(parseConfig(text), facts) };
  };
  return {
    read: () => readAt(path),

    readLastGood() {
      try {
        return readAt(lastGood);
      } catch {
        return null;
      }
    },

    keep({ text }) {
      try {
        if (textIfAny(lastGood) !== text) replace(lastGood, text);
      } catch (error) {
        log.warn("the last good configuration could not be kept", { path: lastGood, error });
      }
    },
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const rule =
      errnoOf(cause) === "ENOENT" ? "it is gone" : cause instanceof Error ? cause.message : String(cause);
    throw new HostError("config.unreadable", `Cannot read "${path}": ${rule}`, {
      fix: "Put the file back, or make it readable for the user who runs the gateway",
      cause,
    });
  }
}

function textIfAny(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** A reader meets the old text or the new one; the copy holds the token, so it is its owner's alone. */
function replace(path: string, text: string): void {
  const next = `${path}.next`;
  writeFileSync(next, text, { mode: 0o600 });
  renameSync(next, path);
}
