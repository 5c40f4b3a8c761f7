/**
 * What was wrong with a frame or its parameters, in upstream's words.
 *
 * Clients match on these sentences, so their order is upstream's as well: what is missing, what is too much,
 * then what has the wrong value.
 */
import type * as v from "valibot";

type Issue = v.BaseIssue<unknown>;

const MISSING = 0;
const UNEXPECTED = 1;
const WRONG = 2;

interface Line {
  readonly rank: number;
  /** The object that the line is about. */
  readonly parent: string;
  readonly text: string;
}

/** For example `must have required property 'id'; at root: unexpected property 'x'`. */
export function describeIssues(issues: readonly Issue[]): string {
  const lines = issues.map(describe);
  // Of what an object lacks, upstream names the first thing only.
  const firstMissing = (line: Line) =>
    lines.find(({ rank, parent }) => rank === MISSING && parent === line.parent) === line;
  return lines
    .filter((line) => line.rank !== MISSING || firstMissing(line))
    .sort((a, b) => a.rank - b.rank)
    .map(({ text }) => text)
    .join("; ");
}

function describe(issue: Issue): Line {
  const keys = (issue.path ?? []).map((item) => String(item.key));
  const key = keys.at(-1) ?? "";
  const parent = keys.slice(0, -1).join("/");
  const within = parent === "" ? "" : `at /${parent}: `;
  if (isMissing(issue))
    return { rank: MISSING, parent, text: `${within}must have required property '${key}'` };
  if (issue.type === "strict_object" && issue.expected === "never") {
    return { rank: UNEXPECTED, parent, text: `${within || "at root: "}unexpected property '${key}'` };
  }
  const at = keys.length === 0 ? "" : `at /${keys.join("/")}: `;
  return { rank: WRONG, parent, text: `${at}${rule(issue)}` };
}

/** Valibot reports a missing key as the object's issue, under the key's name. */
function isMissing(issue: Issue): boolean {
  return (
    issue.type === "strict_object" && issue.expected !== "never" && issue.expected?.startsWith('"') === true
  );
}

function rule(issue: Issue): string {
  const bound = "requirement" in issue ? String(issue.requirement) : "";
  const unit = Array.isArray(issue.input) ? "items" : "characters";
  switch (issue.type) {
    case "literal":
      return "must be equal to constant";
    case "integer":
      return "must be integer";
    case "picklist":
      return "must be equal to one of the allowed values";
    case "min_length":
      return `must NOT have fewer than ${bound} ${unit}`;
    case "max_length":
      return `must NOT have more than ${bound} ${unit}`;
    case "min_value":
      return `must be >= ${bound}`;
    case "max_value":
      return `must be <= ${bound}`;
    case "union":
      return "must match a schema in anyOf";
    case "strict_object":
    case "record":
      return "must be object";
    default:
      return issue.kind === "schema" ? `must be ${issue.type}` : issue.message;
  }
}
