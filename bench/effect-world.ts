/** The real broker over a real store, and real sandboxes before it, in a folder that goes at the end. */
import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#host/base/clock.ts";
import type { PerformEffect } from "#host/base/effect.ts";
import { createLog } from "#host/base/log.ts";
import { openEffects } from "#host/compose/effects.ts";
import type { Ground } from "#host/compose/ground.ts";
import { sandboxNode } from "#host/compose/release.ts";
import { openSandboxes } from "#host/compose/sandboxes.ts";
import { createConfig } from "#host/config/load.ts";
import { prepareState } from "#host/config/state.ts";
import { NO_RULES } from "#host/store/model-usage.ts";
import { openStore } from "#host/store/open.ts";
import { NO_RIGHTS } from "#manifests/rights.ts";

export const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A program of the sandbox's Node without a sandbox: the reference for what one does. */
export const node = (code: string, ...args: string[]) =>
  spawn(sandboxNode(), ["-e", code, ...args], { stdio: ["pipe", "pipe", "inherit"] });

const noModels = { modelFor: () => Promise.reject(new Error("No model is asked here")) };

export async function openWorld() {
  const folder = await mkdtemp(join(tmpdir(), "openclaw-bench-"));
  await chmod(folder, 0o755);
  const log = createLog({ clock: systemClock, level: "error", format: "text", write: console.error });
  const paths = prepareState(folder);
  const config = createConfig({ paths, homeDir: folder, environment: {}, log });
  const store = await openStore({ path: paths.database, log, clock: systemClock, processId: process.pid });
  const ground: Ground = { environment: {}, clock: systemClock, paths, config, log, store };
  const rights = { ...NO_RIGHTS, read: ["$WORKSPACE"], write: ["$WORKSPACE"] };
  const effects = await openEffects(ground, noModels, NO_RULES, () => ({ rights, folder, config: {} }));
  const decided: PerformEffect = effects.broker.perform;
  const way = { perform: decided };
  const sandboxes = openSandboxes(ground, (...effect) => way.perform(...effect));
  return {
    sandboxes,
    workspace: paths.workspace,
    /** How many lines the audit has. */
    async audited() {
      const verdict = await effects.audit.verify();
      return verdict.intact ? verdict.records : Number.NaN;
    },
    /** Effects are answered by this instead of the broker while `run` lasts. */
    async without(perform: PerformEffect, run: () => Promise<unknown>): Promise<void> {
      way.perform = perform;
      await run();
      way.perform = decided;
    },
    async close() {
      await sandboxes.stop();
      await effects.close();
      store.close();
      config.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
