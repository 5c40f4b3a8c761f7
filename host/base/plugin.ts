/** Plugins and their tools, as people and clients see them. */

export type PluginOrigin = "builtin" | "dropped" | "installed";

export interface ToolSummary {
  readonly name: string;
  readonly description: string;
  readonly pluginId: string;
  readonly origin: PluginOrigin;
}

export interface PluginSummary {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly kind: "tool" | "skill" | "channel";
  readonly origin: PluginOrigin;
  /** `waiting` for the owner's grant; `denied` by the owner; `broken`, with the reason in `problem`. */
  readonly state: "ready" | "waiting" | "denied" | "broken" | "suspended" | "quarantined" | "disabled";
  readonly problem: string | null;
  readonly tools: readonly string[];
  /** What it asks for and what it holds, one line each. */
  readonly asks: readonly string[];
  /** SHA-256 (hex) of what it asks for now, which a grant has to name. Null where there is nothing to grant. */
  readonly request: string | null;
  readonly holds: readonly string[];
  /** Domains that it asks for and that the operator's Squid does not let through. */
  readonly outsideAllowlist?: readonly string[];
  /** True if it holds other hosts than Squid's files were last written with. */
  readonly unknownToSquid?: boolean;
}

export interface InstallRequest {
  /** Folder, `.tgz`, or npm name, as the CLI resolved it; an absolute path or a package name. */
  readonly source: string;
  /** Grant what it asks for without a question. */
  readonly yes: boolean;
}
