/** What a run of the suites found, held against the failures that are known. Pure. */
import type { Outcome } from "./harness.ts";

export type PlaceName = "isolate" | "node";

/** `area/suite: title` → why it fails there. */
export type KnownFailures = Readonly<Record<PlaceName, Readonly<Record<string, string>>>>;

export interface Finding extends Outcome {
  readonly area: string;
  /** `area/suite: title` */
  readonly name: string;
  readonly place: PlaceName;
}

export interface Judgement {
  /** Failures that nobody has explained, and explanations that no longer hold. Each fails the run. */
  readonly problems: readonly string[];
  /** Failures with their known reason. */
  readonly known: readonly string[];
}

/** A reason in Node's list must say how Node differs: an expectation that fails there may itself be wrong. */
const NODE_REASON = /^Node differs: \S/;

/** `suites` are the `area/suite` names that were run: only about those can anything be said. */
export function judge(
  findings: readonly Finding[],
  failures: KnownFailures,
  suites: ReadonlySet<string>,
): Judgement {
  const problems: string[] = [];
  const known: string[] = [];
  const seen = new Set<string>();
  for (const { place, name, state, reason } of findings) {
    const id = `${place} ${name}`;
    if (seen.has(id)) problems.push(`${id}: two tests have this title`);
    seen.add(id);
    const excuse = failures[place][name];
    if (state === "failed" && excuse === undefined) problems.push(`${id}: ${reason}`);
    if (state === "failed" && excuse !== undefined) known.push(`${id}: ${excuse}`);
    if (state === "passed" && excuse !== undefined)
      problems.push(`${id}: passes now, so take it out of known-failures.json`);
  }
  return { problems: [...problems, ...wrongExcuses(failures, suites, seen)], known };
}

function wrongExcuses(failures: KnownFailures, suites: ReadonlySet<string>, seen: ReadonlySet<string>) {
  const problems: string[] = [];
  for (const place of ["isolate", "node"] as const) {
    for (const [name, reason] of Object.entries(failures[place])) {
      const wasRun = suites.has(name.split(": ")[0] ?? "");
      if (wasRun && !seen.has(`${place} ${name}`)) problems.push(`${place} ${name}: no test has this title`);
      if (place === "node" && !NODE_REASON.test(reason))
        problems.push(`node ${name}: its reason does not say "Node differs: …"`);
    }
  }
  return problems;
}

/** A line for each area: how many of its tests hold in each place. */
export function ratesOf(findings: readonly Finding[]): string[] {
  const areas = [...new Set(findings.map(({ area }) => area))].sort();
  return areas.map((area) => {
    const rate = (place: PlaceName) => {
      const tried = findings.filter(
        (each) => each.area === area && each.place === place && each.state !== "skipped",
      );
      const held = tried.filter(({ state }) => state === "passed").length;
      const percent = tried.length === 0 ? "–" : `${((held / tried.length) * 100).toFixed(1)} %`;
      return `${held}/${tried.length}  ${percent}`.padEnd(20);
    };
    return `${area.padEnd(14)}  isolate ${rate("isolate")}  Node ${rate("node")}`;
  });
}
