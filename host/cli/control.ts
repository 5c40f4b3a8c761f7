/**
 * How commands reach the host: by method and parameters, as any other client.
 *
 * With a gateway running it is asked over its socket; without one, compose opens the state folder in this
 * process and answers the same methods. A command does not know which.
 */
import type {
  AuthorCall,
  AuthorEvent,
  AuthorTestReport,
  AuthorTestResult,
  PackedPlugin,
} from "#host/base/author.ts";
import type { JsonObject, JsonValue } from "#host/base/json.ts";
import type { SkillVerdict } from "#host/base/skill.ts";

export interface Control {
  /** Rejects with a HostError that carries the gateway's message and fix. */
  request(method: string, params?: JsonObject): Promise<JsonValue>;
  /** Events as they arrive: `chat`, `agent`, `plugin.approval.requested` … */
  onEvent(listener: (event: string, payload: JsonObject) => void): void;
  close(): Promise<void>;
}

export interface GatewayAddress {
  /** `ws://127.0.0.1:18789`. */
  readonly url: string;
  readonly token: string;
}

/**
 * The operator's allowlist, changed by this process: no gateway can widen the list that guards it. Everything
 * here throws a HostError that carries the fix.
 */
export interface OperatorFiles {
  /** Of the list; absolute. */
  readonly path: string;
  entries(): readonly string[];
  add(domains: readonly string[]): { readonly added: readonly string[]; readonly removed: readonly string[] };
  remove(domain: string): { readonly removed: readonly string[] };
  /** The entry that lets a domain through, or null. */
  coveredBy(domain: string): string | null;
  /** Writes Squid's files. `granted`: domain patterns by plugin. */
  renderSquid(
    granted: ReadonlyMap<string, readonly string[]>,
    place: {
      readonly folder: string;
      readonly at: string | null;
      readonly log: string;
      readonly authProgram: string;
    },
  ): Promise<void>;
}

/** What compose does for a plugin's author. Paths are absolute; everything here throws a HostError with its fix. */
export interface Author {
  /** Loads the plugin and reloads it on each save, until it is stopped. */
  dev(options: {
    readonly folder: string;
    readonly workspace: string | null;
    readonly config: JsonObject;
    /** Values of its secrets, by name. */
    readonly secrets: Readonly<Record<string, string>>;
    readonly call: AuthorCall | null;
    readonly allowAsks: boolean;
    /** Where its routes listen; 0 lets the system choose. */
    readonly port: number;
    readonly show: (event: AuthorEvent) => void;
  }): Promise<{
    call(call: AuthorCall): Promise<void>;
    /** Sends a line through the channel; false if it is none for one. */
    say(line: string): Promise<boolean>;
    stop(): Promise<void>;
  }>;
  /** Runs the plugin's tests and the conformance suite. */
  test(options: {
    readonly folder: string;
    readonly config: JsonObject;
    readonly secrets: Readonly<Record<string, string>>;
    /** Does effects for real and writes them down. */
    readonly record: boolean;
    /** Only tests whose name holds this text; null for all. */
    readonly only: string | null;
    readonly conformanceOnly: boolean;
    readonly show: (result: AuthorTestResult) => void;
  }): Promise<AuthorTestReport>;
  /** Makes a plugin; gives the paths that it wrote. */
  create(kind: string, id: string, folder: string): Promise<readonly string[]>;
  /** Makes the one file of a plugin, in the folder `into`. */
  pack(folder: string, into: string): Promise<PackedPlugin>;
  /** Writes what editors need; gives what was out of date. */
  types(folder: string): Promise<readonly string[]>;
}

/** A step of a download, as `PullProgress` of host/llm. */
export interface PullStep {
  readonly status: string;
  readonly layer: { readonly digest: string; readonly completed: number; readonly total: number } | null;
}

/** What needs no gateway. Everything here throws a HostError that carries the fix. */
export interface ModelTools {
  /** Writes the model that answers into openclaw.json. */
  setPrimary(name: string): { readonly path: string };
  pull(name: string, signal: AbortSignal): AsyncIterable<PullStep>;
}

/** What reads skills without a gateway. */
export interface SkillTools {
  /** Verdicts as they come, of every `SKILL.md` below an absolute path. */
  check(folder: string): AsyncIterable<SkillVerdict>;
  /** Folders that are looked into for skills and are there, absolute. */
  folders(): Promise<readonly string[]>;
}

/** What main gives the command line. It reads no environment and no configuration by itself. */
export interface CliContext {
  readonly write: (line: string) => void;
  readonly writeError: (line: string) => void;
  /** Draws the terminal's last line anew, and ends it with null; null where there is no terminal. */
  readonly redraw: ((line: string | null) => void) | null;
  /** True if a person sits at both ends: only then questions are asked. */
  readonly interactive: boolean;
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
  readonly version: string;
  readonly cwd: string;
  readonly address: () => Promise<GatewayAddress>;
  /** Opens the state folder in this process; fails with `store.busy` while a gateway runs. */
  readonly openState: () => Promise<Control>;
  /** Rejects with `request.invalid` where no allowlist is configured. */
  readonly openOperatorFiles: () => Promise<OperatorFiles>;
  readonly openAuthor: () => Promise<Author>;
  readonly openModelTools: () => Promise<ModelTools>;
  readonly openSkillTools: () => Promise<SkillTools>;
  /** Lines of standard input as they come. */
  readonly readLines: () => AsyncIterable<string>;
  /** Resolves when the process is told to stop. */
  readonly untilStopped: () => Promise<string>;
  /** Runs the gateway until it is told to stop; resolves with the exit code. */
  readonly runGateway: (options: { readonly port?: number }) => Promise<number>;
}
