/** What is wrong with a file that a plugin's author wrote, exact enough to go to the place and mend it. */

export interface ManifestIssue {
  /** The file as the author knows it, for example `openclaw.plugin.json`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The key's path, for example `permissions.domains[0]`; empty for the whole file. */
  readonly key: string;
  /** What rule is broken, as a sentence that continues the key. */
  readonly rule: string;
  /** The key that was probably meant. */
  readonly suggestion: string | null;
}

/** `openclaw.plugin.json:3:5: "permissions.domain" is not a known key (did you mean "domains"?)` */
export function formatIssue(issue: ManifestIssue): string {
  const place = `${issue.file}:${issue.line}:${issue.column}`;
  const key = issue.key === "" ? "" : `"${issue.key}" `;
  const meant = issue.suggestion === null ? "" : ` (did you mean "${issue.suggestion}"?)`;
  return `${place}: ${key}${issue.rule}${meant}`;
}

/** A key may be as long as its file. */
const MAX_SHOWN_CHARS = 100;

/** `a.b[0]` for `["a", "b", 0]`. */
export function formatKeyPath(path: readonly (string | number)[]): string {
  return path
    .map((part, index) =>
      typeof part === "number"
        ? `[${part}]`
        : /^[\w$-]{1,100}$/.test(part)
          ? `${index === 0 ? "" : "."}${part}`
          : `[${JSON.stringify(part.slice(0, MAX_SHOWN_CHARS))}]`,
    )
    .join("");
}

/** Line and column, from 1, of a place in a text. Lines end with LF, CR or CRLF. */
export function positionAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
