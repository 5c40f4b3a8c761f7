/** What the rest of the host sees of the registry, and what the registry needs of it. */
import type { Approval, ApprovalChange, ApprovalDecision } from "#host/base/approval.ts";
import type { Clock } from "#host/base/clock.ts";
import type { JsonObject } from "#host/base/json.ts";
import type { REGISTRY } from "#host/base/limits.ts";
import type { Log } from "#host/base/log.ts";
import type { PluginCode, Sandboxes } from "#host/sandbox/contract.ts";
import type { Rights } from "#manifests/rights.ts";
import type { BundlerDeps } from "./bundle.ts";
import type { FetchPackage } from "./install.ts";
import type { GrantRecords, PluginRecords } from "./records.ts";
import type { SkillSummary } from "#host/base/skill.ts";
import type { Machine, SkillSettings } from "./skill-standing.ts";
import type { PluginSettings } from "./slot.ts";
import type { InstallRequest, PluginSummary } from "#host/base/plugin.ts";
import type { RegisteredTool } from "./tool-table.ts";

/** Absolute paths. */
export interface RegistryFolders {
  /** `plugins/` of the release, with `<kind>/<id>` below; null if there is none. */
  readonly builtin: string | null;
  /** `manifests/` of the release; null if it grants nothing. */
  readonly builtinGrants: string | null;
  /** Bundles of the built-in plugins; null if there are none. */
  readonly prebuilt: string | null;
  /** `<state>/plugins`. */
  readonly plugins: string;
  /** Roots of skills; of two skills with one name, the later root's is offered. */
  readonly skills: readonly string[];
  /** For bundles. Whatever stands in it may be deleted while the host does not run. */
  readonly cache: string;
}

export type RegistryLimits = typeof REGISTRY extends infer Limits
  ? { readonly [Name in keyof Limits]: number }
  : never;

export interface RegistryDeps {
  readonly folders: RegistryFolders;
  readonly bundler: BundlerDeps;
  readonly sandboxes: Pick<Sandboxes, "describe" | "retire" | "quarantineOf" | "callTool">;
  readonly records: PluginRecords;
  readonly grants: GrantRecords;
  /** The owner's settings of one plugin; `{ enabled: true, config: {} }` where there are none. */
  readonly settingsOf: (pluginId: string) => PluginSettings;
  /** What skills need of it is looked up there. */
  readonly machine: Machine;
  /** The owner's settings of one skill, by its key; null where there are none. */
  readonly skillSettingsOf: (skillKey: string) => SkillSettings | null;
  /** Deletes what a plugin keeps with the host. Called when its owner removes it, never for an update. */
  readonly forgetData: (pluginId: string) => Promise<void>;
  readonly fetchPackage?: FetchPackage;
  readonly log: Log;
  readonly clock: Clock;
  readonly limits?: RegistryLimits;
}

/** What the broker needs to know of a plugin. */
export interface PluginRights {
  readonly rights: Rights;
  /** Null for a plugin that is not there (any more); it holds nothing. */
  readonly folder: string | null;
  readonly config: JsonObject;
}

export interface Registry {
  /** Resolves when everything that served before the last stop serves again. What is new follows. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when every folder that is there now has been read. */
  settled(): Promise<void>;
  plugins(): readonly PluginSummary[];
  /** Tools that can be used now, by name. */
  tools(): readonly RegisteredTool[];
  tool(name: string): RegisteredTool | null;
  rightsOf(pluginId: string): PluginRights;
  /** The version that serves, as a sandbox takes it; null if there is none or it may not be used. */
  codeOf(pluginId: string): PluginCode | null;
  /** All there are, by name; those that cannot be used say why. */
  skills(): readonly SkillSummary[];
  /** A skill's instructions. Rejects with `plugin.unknown` or `plugin.broken`. */
  skillText(name: string): Promise<string>;
  approvals(): readonly Approval[];
  onApproval(listener: (change: ApprovalChange) => void): () => void;
  /** Answers a question. False if it is not open any more, or was never about this request. */
  resolveApproval(id: string, decision: ApprovalDecision): Promise<boolean>;
  /** `request` names what the owner was shown. Rejects with `request.stale` where that is not what is asked now. */
  grant(pluginId: string, request: string): Promise<PluginSummary>;
  deny(pluginId: string): Promise<PluginSummary>;
  revoke(pluginId: string): Promise<PluginSummary>;
  remove(pluginId: string): Promise<void>;
  install(request: InstallRequest): Promise<PluginSummary>;
  /** The owner's settings of plugins were changed. */
  settingsChanged(): Promise<void>;
  onChange(listener: () => void): () => void;
}
