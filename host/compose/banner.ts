/** What a person reads when the gateway has started: where to go, what was found, what is missing. */
import { visible } from "#host/base/visible.ts";
import type { Wall } from "#host/base/wall.ts";
import type { ModelStatus } from "#host/gateway/ports.ts";
import type { PluginSummary } from "#host/base/plugin.ts";

export interface BannerFacts {
  readonly version: string;
  readonly runtime: string;
  /** With its one-time ticket. */
  readonly address: string;
  readonly stateDir: string;
  readonly model: ModelStatus;
  readonly plugins: readonly PluginSummary[];
  readonly walls: readonly Wall[];
  readonly configProblem: string | null;
  /** How the command line is called here. */
  readonly cli: string;
}

export function bannerOf(facts: BannerFacts): string {
  const { plugins, model } = facts;
  const ready = plugins.filter((plugin) => plugin.state === "ready").length;
  const others = plugins.filter(({ state }) => state !== "ready").map(({ id, state }) => `${id}: ${state}`);
  const rows: (readonly [string, string])[] = [
    ["Open", facts.address],
    ["", `(works once, for ten minutes; a new one: ${facts.cli} dashboard)`],
    ["Model", `${model.provider}/${model.model}: ${model.problem ?? model.why}`],
    ["Plugins", [`${ready} ready`, ...others].join(", ")],
    ...problemRows(plugins),
    ["Walls", wallLine(facts.walls)],
    ["Runtime", `${facts.runtime}, state in ${facts.stateDir}`],
    ["Commands", `${facts.cli} --help`],
    ...(facts.configProblem === null ? [] : [["Config", facts.configProblem] as const]),
  ];
  const lines = rows.map(([name, text]) => `  ${name.padEnd(9)} ${visible(text)}`);
  return ["", `OpenClaw Edge ${facts.version}`, "", ...lines, ""].join("\n");
}

/** Broken plugins told one by one; `openclaw plugin list` has those that no longer fit on a screen. */
const PROBLEMS_SHOWN = 5;

function problemRows(plugins: readonly PluginSummary[]): (readonly [string, string])[] {
  const broken = plugins.filter(({ state }) => state === "broken" || state === "quarantined");
  return broken.slice(0, PROBLEMS_SHOWN).map(({ id, problem }) => ["", `${id}: ${problem ?? "broken"}`]);
}

function wallLine(walls: readonly Wall[]): string {
  const named = (state: Wall["state"]) => walls.filter((wall) => wall.state === state).map((wall) => wall.id);
  const groups = [
    ["stand", named("stands")],
    ["MISSING", named("missing")],
    ["not tried yet", named("unknown")],
  ] as const;
  return groups.flatMap(([word, ids]) => (ids.length === 0 ? [] : [`${word}: ${ids.join(", ")}`])).join("; ");
}
