/** A plugin's folder that is swapped for another while it is read: code of one version, approved as another. */
import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { REGISTRY } from "#host/base/limits.ts";
import { readSources } from "#host/registry/folder.ts";
import type { Hazard } from "./hazard.ts";

const FILES = 60;
const ROUNDS = 250;

const SWAPPER = `
  const { renameSync } = require("node:fs");
  const { live, aside, third } = require("node:worker_threads").workerData;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let round = 0; ; round++) {
    renameSync(live, third); renameSync(aside, live); renameSync(third, aside);
    Atomics.wait(pause, 0, 0, round % 6);
  }
`;

/** The usual way: list, then read. */
async function readOneByOne(folder: string): Promise<string[]> {
  const texts = [];
  for (const name of readdirSync(folder)) texts.push(await readFile(join(folder, name), "utf8"));
  return texts;
}

async function readAtOnce(folder: string): Promise<string[]> {
  const { files } = await readSources(folder, REGISTRY);
  return [...files.values()].map((bytes) => new TextDecoder().decode(bytes));
}

export const hazard: Hazard = {
  name: "a plugin folder swapped for another while it loads",
  wall: "registry: read once, and only if nothing changed meanwhile",
  canary: "a bundle of two versions",
  without: "a reader that lists and then reads",
  attack: async (wall) => {
    const home = mkdtempSync(join(tmpdir(), "swapped-"));
    const [live, aside, third] = ["live", "aside", "third"].map((name) => join(home, name));
    if (live === undefined || aside === undefined) throw new Error("unreachable");
    for (const [folder, text] of [
      [live, "one"],
      [aside, "two"],
    ] as const) {
      mkdirSync(folder);
      for (let at = 0; at < FILES; at += 1) writeFileSync(join(folder, `${at}.ts`), text);
    }
    const swapper = new Worker(SWAPPER, { eval: true, workerData: { live, aside, third } });
    let [whole, mixed] = [0, 0];
    for (let round = 0; round < ROUNDS || (whole === 0 && round < 20 * ROUNDS); round += 1) {
      const texts = await (wall === "stands" ? readAtOnce(live) : readOneByOne(live)).catch(() => []);
      const versions = new Set(texts).size;
      if (versions === 1) whole += 1;
      if (versions > 1) mixed += 1;
    }
    await swapper.terminate();
    rmSync(home, { recursive: true, force: true });
    return {
      harm: mixed > 0 ? "two versions were mixed" : null,
      control: whole > 0 ? "it was read whole" : null,
    };
  },
};
