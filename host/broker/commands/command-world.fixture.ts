/** A broker's world in which a plugin may run a shell, for tests: each run's outputs and its end. */
import { readdirSync, readFileSync } from "node:fs";
import type { CommandRunEffect, EffectReply } from "#host/base/effect.ts";
import { createWorld, type PerformOptions, type World, type WorldOptions } from "../world.fixture.ts";

export const SHELL = { command: "sh", args: ["-c", "*"], env: ["GREETING"] };

export function shellWorld({ rights, ...options }: WorldOptions = {}): World {
  return createWorld({ rights: { commands: [SHELL], ...rights }, ...options });
}

export function shell(script: string, more: Partial<CommandRunEffect> = {}): CommandRunEffect {
  return { kind: "command.run", command: "sh", args: ["-c", script], env: {}, hasStdin: false, ...more };
}

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Runs to the end. Rejects with what broke the output off. */
export async function outcomeOf(reply: EffectReply): Promise<Outcome> {
  if (!reply.ok) throw new Error(`${reply.failure.code}: ${reply.failure.message}`);
  const outputs = ["", "", "", ""];
  for await (const { kind, text } of recordsOf(reply)) outputs[kind] += text;
  const [, stdout = "", stderr = "", exit = "null"] = outputs;
  return { stdout, stderr, ...(JSON.parse(exit) as { exitCode: number }) };
}

/** The runner gives each record whole. */
export async function* recordsOf(reply: EffectReply): AsyncGenerator<{ kind: number; text: string }> {
  if (!reply.ok) throw new Error(`${reply.failure.code}: ${reply.failure.message}`);
  for await (const record of reply.body ?? []) {
    const bytes = Buffer.from(record);
    yield { kind: bytes.readUInt8(0), text: bytes.subarray(5, 5 + bytes.readUInt32LE(1)).toString() };
  }
}

export async function runShell(world: World, script: string, options?: PerformOptions): Promise<Outcome> {
  return outcomeOf(await world.perform(shell(script), options));
}

/** Processes of this machine whose command line holds the text. */
export function processesWith(text: string): number {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && commandLine(name).includes(text)).length;
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** Looks again until it holds. Throws after five seconds. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const until = performance.now() + 5_000;
  while (!holds()) {
    if (performance.now() > until) throw new Error(`It never came to be that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
