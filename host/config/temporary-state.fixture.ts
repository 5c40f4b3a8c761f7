/** A prepared state folder that goes away with the test, and a configuration over it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "#host/base/log.ts";
import type { Environment } from "./environment.ts";
import { createConfig, type ConfigSource } from "./load.ts";
import { prepareState, type StatePaths } from "./state.ts";

export interface TemporaryState extends AsyncDisposable {
  readonly paths: StatePaths;
  /** Lines that were logged so far. */
  readonly logged: string[];
  /** A configuration that ends with the test. */
  config(environment?: Environment): ConfigSource;
}

export async function temporaryState(): Promise<TemporaryState> {
  const root = await mkdtemp(join(tmpdir(), "openclaw-state-"));
  const paths = prepareState(join(root, "state"));
  const logged: string[] = [];
  const clock = { now: () => 0, monotonic: () => 0 };
  const log = createLog({ clock, level: "info", format: "text", write: (line) => logged.push(line) });
  const sources: ConfigSource[] = [];
  return {
    paths,
    logged,
    config(environment = {}) {
      const times = { settleMs: 20, pollMs: 100 };
      const source = createConfig({ paths, homeDir: "/home/ada", environment, log, times });
      sources.push(source);
      return source;
    },
    async [Symbol.asyncDispose]() {
      for (const source of sources) source.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Settles when the configuration changes next. */
export function nextChange(source: ConfigSource): Promise<void> {
  return new Promise((resolve) => {
    const stop = source.onChange(() => {
      stop();
      resolve();
    });
  });
}
