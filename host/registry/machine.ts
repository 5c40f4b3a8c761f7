/**
 * What skills need of this machine, looked up: programs on the PATH, variables, settings.
 *
 * Nothing is run. Programs are looked up again after some seconds, so that one which was just installed counts soon
 * and a turn with fifty skills does not search the disk.
 */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Clock } from "#host/base/clock.ts";
import { SKILL_NEEDS } from "#host/base/limits.ts";
import type { Machine } from "./skill-standing.ts";

export interface MachineDeps {
  readonly platform: string;
  /** As the process has them. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** openclaw.json as it is now. */
  readonly settings: () => unknown;
  readonly clock: Clock;
}

interface Looked {
  readonly found: boolean;
  readonly until: number;
}

export function createMachine({ platform, variables, settings, clock }: MachineDeps): Machine {
  const folders = (variables["PATH"] ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  const programs = new Map<string, Looked>();
  return {
    platform,
    hasProgram(name) {
      const now = clock.monotonic();
      const known = programs.get(name);
      if (known !== undefined && known.until > now) return known.found;
      const found = isName(name) && folders.some((folder) => isProgram(join(folder, name)));
      // Skills come and go, and each may name what it likes.
      if (programs.size >= SKILL_NEEDS.rememberedPrograms) programs.clear();
      programs.set(name, { found, until: now + SKILL_NEEDS.programMs });
      return found;
    },
    hasVariable: (name) => Object.hasOwn(variables, name) && (variables[name] ?? "") !== "",
    hasSetting: (path) => isTruthy(at(settings(), path.split("."))),
  };
}

/** A name and no path: what a skill names is looked for where programs are, and nowhere else. */
function isName(name: string): boolean {
  return /^[\w.+@-]{1,100}$/.test(name) && name !== "." && name !== "..";
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

function isTruthy(value: unknown): boolean {
  return typeof value === "string" ? value.trim() !== "" : Boolean(value);
}
