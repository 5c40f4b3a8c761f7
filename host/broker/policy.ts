/**
 * What policy is told and what it answers. Everything that a decision depends on stands here as a value, so
 * that deciding stays pure.
 */
import type { Allowed, Ask, Denied } from "#host/base/decision.ts";
import type { JsonObject } from "#host/base/json.ts";
import type { PathRoots } from "#manifests/paths.ts";
import type { Rights } from "#manifests/rights.ts";
import type { MountPlan } from "./commands/mounts.ts";

export interface Facts {
  readonly plugin: string;
  readonly rights: Rights;
  /** The plugin's own settings, for `$config.key`. */
  readonly config: JsonObject;
  readonly roots: PathRoots;
  /** The granted hosts come from the owner's own settings, who knows where they stand: any network will do. */
  readonly anyNetwork: boolean;
  /** The operator's Squid allowlist; null where none is configured. */
  readonly allowlist: readonly string[] | null;
  /** What the plugin's calls of the model cost today, and when (ms since 1970) a new day begins. */
  readonly tokens: { readonly spentToday: () => number; readonly resetsAt: () => number };
  /** Whether the owner said yes to this subject before, for this session or for ever. */
  readonly isRemembered: (subject: string) => boolean;
}

/** A decision whose yes says what exactly was allowed, so that nothing is worked out a second time. */
export type DecisionWith<Pass extends Allowed> = Pass | Denied | AskWith<Pass>;

export interface AskWith<Pass extends Allowed> extends Ask {
  readonly ifYes: Pass;
}

/**
 * Which addresses a connection may end at. `public`: the internet. `local`: this machine and its private
 * networks too, because the owner granted a name that means nothing elsewhere. `any`: wherever the owner's own
 * setting leads. `literal`: the address that stands in the URL and was decided as such.
 */
export type Reach = "public" | "local" | "any" | "literal";

export interface HttpPass extends Allowed {
  readonly url: URL;
  readonly reach: Reach;
}

export interface FilePass extends Allowed {
  /** One of the roots: an absolute folder of the host's own choosing. */
  readonly root: string;
  /** From the root down to the file; empty for the root itself. */
  readonly names: readonly string[];
}

export interface RenamePass extends FilePass {
  /** Where it comes to; as its own path is told, from a root down. */
  readonly to: Pick<FilePass, "root" | "names">;
}

export interface TcpPass extends Allowed {
  readonly host: string;
  readonly port: number;
  readonly reach: Reach;
}

export interface SecretPass extends Allowed {
  readonly name: string;
}

export interface StoragePass extends Allowed {
  /** What the plugin may keep in all. */
  readonly quotaBytes: number;
}

export interface LlmPass extends Allowed {
  /** The most that the request can come to. */
  readonly inputTokens: number;
  /** Of the answer. */
  readonly maxTokens: number;
  /** The budget that both are reserved from. */
  readonly tokensPerDay: number;
}

export interface CommandPass extends Allowed {
  /** What it sees of the owner's files. */
  readonly plan: MountPlan;
  /** Absolute. */
  readonly cwd: string;
  /** What it may write to its outputs. */
  readonly maxBytes: number;
}
