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
