/** Skills as people and clients see them. */

/** What was found at one `SKILL.md`. */
export interface SkillVerdict {
  /** Its folder, relative to the one that was checked; empty for that one itself. */
  readonly path: string;
  /** Null where it is too broken to have one. */
  readonly name: string | null;
  /** `odd`: it can be used, and its author would want to know of the issues. */
  readonly verdict: "good" | "odd" | "broken";
  readonly issues: readonly {
    readonly file: string;
    /** From 1. */
    readonly line: number;
    readonly column: number;
    /** The whole sentence, with its place. */
    readonly text: string;
  }[];
}

export interface SkillNeedLists {
  /** Programs, by name. */
  readonly bins: readonly string[];
  /** One of these is enough. */
  readonly anyBins: readonly string[];
  /** Environment variables. */
  readonly env: readonly string[];
  /** Paths of keys in openclaw.json. */
  readonly config: readonly string[];
  /** Platforms as `process.platform` names them; empty for all. */
  readonly os: readonly string[];
}

/** A program or a secret that a skill's text asks for. A text holds no right: plugins do, by their owner's grant. */
export interface SkillRequest {
  readonly kind: "command" | "secret";
  readonly name: string;
  /** Plugins that hold a right to it. */
  readonly heldBy: readonly string[];
}

export interface SkillSummary {
  readonly name: string;
  /** When to use it; one line. */
  readonly description: string;
  /** The plugin that it comes with; null for one that is only text. */
  readonly pluginId: string | null;
  /** Absolute. */
  readonly folder: string;
  readonly isBuiltIn: boolean;
  /** False when only a person may call it up. */
  readonly modelMayUse: boolean;
  readonly userMayCall: boolean;
  /** The tool that `/name` runs without asking the model; null where the model is asked. */
  readonly commandTool: string | null;
  readonly skillKey: string;
  readonly emoji: string | null;
  readonly homepage: string | null;
  readonly primaryEnv: string | null;
  readonly install: readonly {
    readonly id: string;
    readonly kind: string;
    readonly label: string;
    readonly bins: readonly string[];
  }[];
  /** What the instructions rely on. It grants nothing. */
  readonly needs: SkillNeedLists;
  readonly missing: SkillNeedLists;
  readonly always: boolean;
  readonly isDisabled: boolean;
  /** It is offered, to the model or to people, as it says. */
  readonly isEligible: boolean;
  /** Why it is not offered, a sentence each; empty if it is. */
  readonly reasons: readonly string[];
  readonly requests: readonly SkillRequest[];
}
