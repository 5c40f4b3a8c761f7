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

/** For example `must have required property 'id'; at root: unexpected property 'x'`. */
export function describeIssues(issues: readonly Issue[]): string {
  return issues
    .map(describe)
    .sort((a, b) => a.rank - b.rank)
    .map((line) => line.text)
    .join("; ");
}

function describe(issue: Issue): { rank: number; text: string } {
  const keys = (issue.path ?? []).map((item) => String(item.key));
  const parent = keys.length < 2 ? "" : `at /${keys.slice(0, -1).join("/")}: `;
  if (isMissing(issue))
    return { rank: MISSING, text: `${parent}must have required property '${keys.at(-1)}'` };
  if (issue.type === "strict_object" && issue.expected === "never") {
    const where = parent === "" ? "at root: " : parent;
    return { rank: UNEXPECTED, text: `${where}unexpected property '${keys.at(-1)}'` };
  }
  const where = keys.length === 0 ? "" : `at /${keys.join("/")}: `;
  return { rank: WRONG, text: `${where}${rule(issue)}` };
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
