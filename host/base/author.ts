/** What a plugin's author is shown while at work: what runs, what a call gave, what was refused and what it needs. */
import type { JsonObject } from "./json.ts";

/** A tool that is called after each reload. */
export interface AuthorCall {
  readonly tool: string;
  readonly args: JsonObject;
}

export type AuthorEvent =
  /** The plugin as it was last saved is loaded and can be called. */
  | {
      readonly type: "running";
      readonly id: string;
      readonly tools: readonly string[];
      /** Null for a plugin without one. */
      readonly channel: string | null;
      /** Addresses of its routes, each with its methods; empty for a plugin without any. */
      readonly routes: readonly string[];
      /** Secrets that its manifest names and nobody gave a value for. */
      readonly unsetSecrets: readonly string[];
      /** What its manifest asks for, and holds here: one line each. */
      readonly rights: readonly string[];
      /** From the last change of a file to now. */
      readonly afterSaveMs: number;
      readonly isReload: boolean;
    }
  /** It cannot run as it stands; what ran before is ended. */
  | { readonly type: "broken"; readonly reason: string; readonly stack: string | null }
  | {
      readonly type: "console";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly text: string;
    }
  | {
      readonly type: "denied";
      readonly reason: string;
      readonly fix: string;
      /** The line for `openclaw.plugin.json`; null where no manifest could allow it. */
      readonly line: string | null;
      /** True if the line has a place in it that only the author knows. */
      readonly isGuess: boolean;
    }
  /** The manifest has the domain "ask", and this is what the owner would be asked. */
  | { readonly type: "asked"; readonly lines: readonly string[]; readonly allowed: boolean }
  | { readonly type: "progress"; readonly tool: string; readonly text: string }
  | { readonly type: "called"; readonly tool: string }
  | {
      readonly type: "answer";
      readonly tool: string;
      readonly text: string;
      readonly isError: boolean;
      readonly ms: number;
      /** Where it was thrown, in the author's files. */
      readonly stack: string | null;
    }
  /** A request from outside was answered by the plugin, or refused for a reason that its caller does not hear. */
  | {
      readonly type: "request";
      readonly method: string;
      readonly path: string;
      readonly status: number;
      readonly reason: string | null;
      readonly ms: number;
    }
  /** How the account of the channel stands. */
  | { readonly type: "account"; readonly state: string; readonly detail: string }
  /** `run` of the channel threw. */
  | { readonly type: "ended"; readonly reason: string; readonly stack: string | null }
  /** The channel handed over what its service brought: one line. */
  | { readonly type: "received"; readonly from: string; readonly text: string; readonly isNew: boolean }
  /** What it handed over is not what the SDK has. */
  | { readonly type: "not-received"; readonly reason: string }
  | { readonly type: "sent"; readonly to: string; readonly ids: readonly string[]; readonly ms: number }
  | {
      readonly type: "not-sent";
      readonly to: string;
      readonly reason: string;
      readonly stack: string | null;
    };

/** One test of a plugin. */
export interface AuthorTestResult {
  /** The test file, or `conformance`. */
  readonly file: string;
  readonly name: string;
  /** Why it failed; null if it passed. */
  readonly problem: string | null;
  /** Where it was thrown, in the author's files. */
  readonly stack: string | null;
  /** What was written to the console meanwhile. */
  readonly console: readonly string[];
  readonly ms: number;
}

export interface AuthorTestReport {
  readonly passed: number;
  readonly failed: number;
  /** Effects that were recorded. */
  readonly recorded: number;
}

/** A plugin in one file. */
export interface PackedPlugin {
  /** Absolute. */
  readonly file: string;
  readonly id: string;
  readonly version: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** What it asks for, one line each. */
  readonly asks: readonly string[];
  /** What is in it. */
  readonly files: readonly string[];
}
