/**
 * The configuration while the host runs: read at start, read again when its file changes.
 *
 * A file that breaks a rule never takes effect. The last good one stays in use, also over a restart
 * (`openclaw.json.last-good`), and `problem` says so until the file is mended. Without a last good one a
 * broken file ends the start. A wrong environment variable always does.
 */
import { asHostError, explain } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import type { Config } from "./config.ts";
import { createConfigFile, type ReadConfig } from "./config-file.ts";
import { type Environment, parseOverrides } from "./environment.ts";
import { keptToken, writeFirstConfig } from "./first-start.ts";
import type { StatePaths } from "./state.ts";
import { type WatchTimes, watchFile } from "./watch.ts";

export interface ConfigOptions {
  readonly paths: StatePaths;
  readonly homeDir: string;
  /** The process's variables, as `main.ts` read them. */
  readonly environment: Environment;
  readonly log: Log;
  readonly times?: WatchTimes;
}

export interface ConfigSource {
  /** Each good file makes a new object; none is ever changed. */
  current(): Config;
  /** Called when another configuration took effect, and when a problem came, changed or went. */
  onChange(listener: (config: Config) => void): () => void;
  /** What is wrong with the file now, for the owner; null if nothing is. */
  problem(): string | null;
  stop(): void;
}

/** Throws a HostError `config.invalid`, `config.unreadable` or `state.unwritable`. */
export function createConfig(options: ConfigOptions): ConfigSource {
  const { paths, log, environment, homeDir } = options;
  const overrides = parseOverrides(environment);
  if (writeFirstConfig(paths)) log.info("wrote a first configuration", { path: paths.config });
  const madeToken = () => keptToken(paths);
  const file = createConfigFile({ paths, homeDir, environment, overrides, madeToken }, log);
  const state = start(file, log);
  const listeners = new Set<(config: Config) => void>();

  const reload = () => {
    if (!update(state, file, log)) return;
    for (const listener of listeners) tell(listener, state.read.config, log);
  };
  const unwatch = watchFile(paths.config, reload, options.times);
  return {
    current: () => state.read.config,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    problem: () => state.problem,
    stop: unwatch,
  };
}

interface ConfigState {
  read: ReadConfig;
  problem: string | null;
}

type ConfigFile = ReturnType<typeof createConfigFile>;

function start(file: ConfigFile, log: Log): ConfigState {
  try {
    const read = file.read();
    file.keep(read);
    logUnused(read, log);
    return { read, problem: null };
  } catch (thrown) {
    const read = file.readLastGood();
    if (read === null) throw thrown;
    const problem = problemOf(thrown);
    log.warn(problem);
    return { read, problem };
  }
}

/** Looks at the file again; true if something is different for those who listen. */
function update(state: ConfigState, file: ConfigFile, log: Log): boolean {
  try {
    const read = file.read();
    if (read.text === state.read.text && state.problem === null) return false;
    state.read = read;
    state.problem = null;
    file.keep(read);
    log.info("the configuration was read again");
    logUnused(read, log);
    return true;
  } catch (thrown) {
    const problem = problemOf(thrown);
    if (problem === state.problem) return false;
    state.problem = problem;
    log.warn(problem);
    return true;
  }
}

function problemOf(thrown: unknown): string {
  return `${explain(asHostError(thrown))}. Until then the last good configuration stays in use`;
}

function logUnused({ config }: ReadConfig, log: Log): void {
  if (config.unused.length > 0)
    log.info("keys of openclaw.json that are kept, not used", { keys: config.unused });
}

/** One listener's failure is its own. */
function tell(listener: (config: Config) => void, config: Config, log: Log): void {
  try {
    listener(config);
  } catch (error) {
    log.error("a changed configuration was not taken up everywhere", { error });
  }
}
