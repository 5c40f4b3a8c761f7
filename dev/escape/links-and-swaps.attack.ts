/** A folder that a hostile program swaps for a link, again and again, while a plugin reads below it. */
import { mkdirSync, realpathSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { PerformEffect } from "#host/base/effect.ts";
import { bytesOf, createGatekeeper, failure } from "./gatekeeper.ts";
import type { Hazard } from "./hazard.ts";

const READS = 2_000;

const EXECUTE = `async ({ reads }, { files }) => {
  let mine = 0, stolen = 0;
  for (let read = 0; read < reads; read++) {
    try { const text = await files.readText("d/f"); if (text === "mine") mine++; else stolen++; } catch {}
  }
  for (const link of ["to-file", "to-folder/f", "to-folder/../../outside/f"]) {
    try { if (await files.readText(link) !== "mine") stolen++; } catch {}
  }
  return JSON.stringify({ mine, stolen });
}`;

const SWAPPER = `
  const { renameSync } = require("node:fs");
  const { good, bad, spare } = require("node:worker_threads").workerData;
  for (;;) { renameSync(good, spare); renameSync(bad, good); renameSync(good, bad); renameSync(spare, good); }
`;

/** The usual way: look where the path really leads, compare, then open it. */
const checkThenOpen =
  (workspace: string): PerformEffect =>
  async (_identity, request) => {
    try {
      if (request.kind !== "file.read") return failure("not here");
      const path = join(workspace, request.path);
      if (!realpathSync(path).startsWith(`${workspace}/`)) return failure("outside");
      const bytes = readFileSync(path);
      return { ok: true, head: { size: bytes.length }, body: bytesOf(new Uint8Array(bytes)) };
    } catch (error) {
      return failure(String(error));
    }
  };

export const hazard: Hazard = {
  name: "links on the way to a file, and a folder swapped for a link while it is read",
  wall: "broker: each name is opened below its held folder, no link followed",
  canary: "a file beside the workspace",
  without: "a broker that compares `realpath` and then opens",
  attack: async (wall, files) => {
    await using gatekeeper = createGatekeeper({
      files,
      execute: EXECUTE,
      rights: { read: ["$WORKSPACE"], write: [] },
      instead: wall === "down" ? ({ workspace }) => checkThenOpen(workspace) : undefined,
    });
    const { folder, workspace } = gatekeeper.world;
    const outside = join(folder, "outside");
    const at = (name: string) => join(workspace, name);
    mkdirSync(outside);
    mkdirSync(at("d"));
    writeFileSync(join(outside, "f"), "SECRET");
    writeFileSync(at("d/f"), "mine");
    for (const [name, target] of [
      ["bad", outside],
      ["to-folder", outside],
      ["to-file", join(outside, "f")],
    ] as const)
      symlinkSync(target, at(name));
    const swapper = new Worker(SWAPPER, {
      eval: true,
      workerData: { good: at("d"), bad: at("bad"), spare: at("spare") },
    });
    const seen = { mine: 0, stolen: 0 };
    // Without the wall the race is lost sooner or later; how soon is the scheduler's to say.
    for (let round = 0; round < 10 && seen.stolen === 0; round += 1) {
      const { mine, stolen } = JSON.parse(await gatekeeper.call({ reads: READS })) as typeof seen;
      seen.mine += mine;
      seen.stolen += stolen;
      if (wall === "stands" && round === 1) break;
    }
    await swapper.terminate();
    return {
      harm: seen.stolen > 0 ? "the canary was read" : null,
      control: seen.mine > 20 ? `${seen.mine} permitted reads` : null,
    };
  },
};
