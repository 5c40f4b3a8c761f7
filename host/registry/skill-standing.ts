/**
 * Whether a skill can be used on this machine: what of its needs is missing, and the reasons in words. Pure over
 * `Machine`.
 *
 * As OpenClaw decides it: disabled by its owner, then the platform, then `always`, then the needs. A variable counts
 * as set where the environment, the skill's own settings or, for its `primaryEnv`, their `apiKey` have it.
 */
import type { SkillNeedLists, SkillSummary } from "#host/base/skill.ts";
import type { Skill } from "#manifests/skill.ts";

/** What is asked of the machine. Answers come from memory or take microseconds. */
export interface Machine {
  /** As `process.platform`. */
  readonly platform: string;
  hasProgram(name: string): boolean;
  hasVariable(name: string): boolean;
  /** True if openclaw.json has something at this path that is not false, empty or null. */
  hasSetting(path: string): boolean;
}

/** The owner's settings of one skill. */
export interface SkillSettings {
  readonly enabled: boolean;
  readonly apiKey: string | null;
  readonly env: Readonly<Record<string, string>>;
}

export type Standing = Pick<SkillSummary, "isEligible" | "isDisabled" | "missing" | "reasons">;

export function standingOf(
  skill: Pick<Skill, "needs" | "always" | "primaryEnv">,
  machine: Machine,
  settings: SkillSettings | null,
): Standing {
  const missing = missingOf(skill, machine, settings);
  const isDisabled = settings?.enabled === false;
  const reasons = [
    ...(isDisabled ? ["It is disabled by skills.entries in openclaw.json"] : []),
    ...(missing.os.length > 0 ? [`It is for ${missing.os.join(", ")}, and this is ${machine.platform}`] : []),
    ...(skill.always ? [] : needReasons(missing)),
  ];
  return { isEligible: reasons.length === 0, isDisabled, missing, reasons };
}

function missingOf(
  { needs, primaryEnv }: Pick<Skill, "needs" | "primaryEnv">,
  machine: Machine,
  settings: SkillSettings | null,
): SkillNeedLists {
  const isSet = (name: string) =>
    machine.hasVariable(name) ||
    (Object.hasOwn(settings?.env ?? {}, name) && settings?.env[name] !== "") ||
    (name === primaryEnv && (settings?.apiKey ?? null) !== null);
  return {
    bins: needs.bins.filter((name) => !machine.hasProgram(name)),
    anyBins: needs.anyBins.some((name) => machine.hasProgram(name)) ? [] : needs.anyBins,
    env: needs.env.filter((name) => !isSet(name)),
    config: needs.config.filter((path) => !machine.hasSetting(path)),
    os: needs.os.length === 0 || needs.os.includes(machine.platform) ? [] : needs.os,
  };
}

function needReasons({ bins, anyBins, env, config }: SkillNeedLists): string[] {
  return [
    ...bins.map((name) => `The program "${name}" is not on this machine`),
    ...(anyBins.length === 0 ? [] : [`None of the programs ${quoted(anyBins)} is on this machine`]),
    ...env.map((name) => `The variable "${name}" is not set`),
    ...config.map((path) => `"${path}" is not set in openclaw.json`),
  ];
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
