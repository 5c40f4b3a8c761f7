/** `skills.status` and `commands.list`, as upstream answers them. `reasons`, `requests` and `pluginId` are our own. */

interface NeedRows {
  readonly bins: readonly string[];
  readonly anyBins: readonly string[];
  readonly env: readonly string[];
  readonly config: readonly string[];
  readonly os: readonly string[];
}

export interface SkillRow {
  readonly name: string;
  readonly description: string;
  /** `openclaw-bundled`, `openclaw-managed`, `openclaw-workspace`, `openclaw-extra`, `openclaw-plugin` … */
  readonly source: string;
  readonly bundled: boolean;
  readonly filePath: string;
  readonly baseDir: string;
  readonly skillKey: string;
  readonly emoji?: string;
  readonly homepage?: string;
  readonly primaryEnv?: string;
  readonly always: boolean;
  readonly disabled: boolean;
  readonly blockedByAllowlist: boolean;
  readonly blockedByAgentFilter: boolean;
  readonly eligible: boolean;
  readonly platformIncompatible: boolean;
  readonly modelVisible: boolean;
  readonly userInvocable: boolean;
  readonly commandVisible: boolean;
  readonly requirements: NeedRows;
  readonly missing: NeedRows;
  readonly configChecks: readonly { readonly path: string; readonly satisfied: boolean }[];
  readonly install: readonly {
    readonly id: string;
    readonly kind: string;
    readonly label: string;
    readonly bins: readonly string[];
  }[];
  readonly pluginId: string | null;
  readonly reasons: readonly string[];
  readonly requests: readonly {
    readonly kind: "command" | "secret";
    readonly name: string;
    readonly heldBy: readonly string[];
  }[];
}

export interface SkillsStatusAnswer {
  readonly workspaceDir: string;
  readonly managedSkillsDir: string;
  readonly agentId: string;
  readonly skills: readonly SkillRow[];
}

export interface CommandRow {
  readonly name: string;
  readonly nativeName: string;
  readonly textAliases: readonly string[];
  readonly description: string;
  readonly category: string;
  readonly source: "native" | "skill";
  readonly scope: "both";
  readonly acceptsArgs: boolean;
  readonly args?: readonly { readonly name: string; readonly description: string; readonly type: "string" }[];
}
