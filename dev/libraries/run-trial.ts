/** Runs a trial: bundled as `openclaw plugin install` bundles, in a real sandbox, behind a real broker. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "#host/base/json.ts";
import { toLoopback } from "#host/broker/counterpart.fixture.ts";
import { createWorld, type World } from "#host/broker/world.fixture.ts";
import type { Bundler } from "#host/registry/bundle.ts";
import { sha256 } from "#host/registry/folder.ts";
import { callText, createRig, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import { openTemporaryStorage } from "../temporary-storage.ts";
import type { Trial } from "./trial.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a manifest may ask for at most. */
const STORAGE_BYTES = 64 * 1024 * 1024;

export interface Bundled {
  readonly code: Uint8Array;
  readonly ms: number;
}

export async function bundleTrial({ folder, patch }: Trial, bundler: Bundler): Promise<Bundled> {
  const own = join(root, "dev/libraries", folder);
  const names = readdirSync(own).filter((name) => name.endsWith(".ts"));
  const started = performance.now();
  const bytes = await bundler.bundle({
    id: folder,
    files: new Map(names.map((name) => [name, new Uint8Array(readFileSync(join(own, name)))])),
    entry: "main.ts",
    packagesFolder: root,
  });
  const ms = performance.now() - started;
  if (patch === undefined) return { code: bytes, ms };
  const text = new TextDecoder().decode(bytes);
  const patched = patch.apply(text);
  if (patched === text) throw new Error(`The bundle of ${folder} was not changed: ${patch.why}`);
  return { code: new TextEncoder().encode(patched), ms };
}

/** Rejects if the library did not do its job. */
export async function runTrial(trial: Trial, code: Uint8Array): Promise<void> {
  await using running = await trial.start();
  const host = running.port === null ? null : `${running.name ?? "a.localhost"}:${running.port}`;
  await using kept = await openTemporaryStorage();
  await using world = createWorld({
    rights: { domains: host === null ? [] : [host], limits: { storage: STORAGE_BYTES } },
    pluginFolder: join(root, "dev/libraries", trial.folder),
    resolve: toLoopback,
    storage: kept.storage,
  });
  const args = { ...running.args, ...(host === null ? {} : { host }) };
  const answers: string[] = [];
  for (let life = 0; life < (trial.lives ?? 1); life += 1) answers.push(await live(trial, code, world, args));
  await running.check(answers[0] ?? "", ...answers.slice(1));
}

/** One call in a sandbox of its own. */
async function live(trial: Trial, code: Uint8Array, { broker }: World, args: JsonObject): Promise<string> {
  const rig = createRig({ perform: (...effect) => broker.perform(...effect) });
  try {
    const { wasm = false, heapMiB = 128 } = trial;
    const options = {
      wasm,
      heapMiB,
      hash: sha256(code),
      deadlineMs: 60_000,
      cpuSliceMs: 10_000,
      rssMiB: 1_024,
    };
    const plugin = { ...toolPlugin(trial.folder, "", options), load: () => Promise.resolve(code) };
    return await callText(rig.sandboxes, plugin, { tool: "try", args });
  } catch (error) {
    const lines = rig.console.slice(-20).join("\n");
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${lines}`, { cause: error });
  } finally {
    await rig.sandboxes.stop();
  }
}
