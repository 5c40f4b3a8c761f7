/** Paths out of the granted folder, in every spelling, read and written. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { PerformEffect } from "#host/base/effect.ts";
import { createGatekeeper, failure } from "./gatekeeper.ts";
import type { Hazard } from "./hazard.ts";
import { hostileSpellings } from "./path-spellings.ts";

const SECRET = "canary-of-the-owner";
const STATE_SECRET = "canary-of-the-host";

const EXECUTE = `async ({ paths, honest }, { files }) => {
  if (honest) { await files.write("open/mine.txt", "mine"); return await files.readText("open/mine.txt"); }
  const got = [];
  for (const path of paths) {
    for (const attempt of [() => files.readText(path), () => files.stat(path).then((stat) => stat.size === 19 ? "saw the size" : ""), () => files.write(path, "overwritten")]) {
      try { const text = await attempt(); if (/canary|saw/.test(text)) got.push(path); } catch {}
    }
  }
  return JSON.stringify(got);
}`;

/** The naive way: the path is resolved against the workspace, and that is that. */
const naive =
  (workspace: string): PerformEffect =>
  async (_identity, request, { body }) => {
    if (request.kind === "http.request" || !("path" in request)) return failure("not here");
    try {
      const path = resolve(workspace, decodeURIComponent(request.path));
      if (request.kind === "file.read") {
        const bytes = readFileSync(path);
        return {
          ok: true,
          head: { size: bytes.length },
          body: (async function* () {
            yield new Uint8Array(bytes);
          })(),
        };
      }
      if (request.kind !== "file.write") return failure("not here");
      await writeFile(path, body);
      return { ok: true, head: { size: 0 }, body: null };
    } catch (error) {
      return failure(String(error));
    }
  };

export const hazard: Hazard = {
  name: "paths out of a granted folder in every spelling: dots, encodings, NUL, Unicode look-alikes, roots, variables",
  wall: "broker: `decide` and the walk below a held folder",
  canary: "a file beside the workspace, `openclaw.json`",
  without: "a broker that resolves the path and opens it",
  attack: async (wall, files) => {
    await using gatekeeper = createGatekeeper({
      files,
      execute: EXECUTE,
      rights: { read: ["$WORKSPACE/open"], write: ["$WORKSPACE/open"] },
      instead: wall === "down" ? ({ workspace }) => naive(workspace) : undefined,
    });
    const { folder, state, workspace } = gatekeeper.world;
    mkdirSync(join(workspace, "open"));
    const secret = join(folder, "secret");
    const config = join(state, "openclaw.json");
    writeFileSync(secret, SECRET);
    writeFileSync(config, STATE_SECRET);
    const before = [folder, state, workspace].map((each) => readdirSync(each).join());
    const paths = [...hostileSpellings(secret, 2, "secret"), ...hostileSpellings(config, 1, "openclaw.json")];
    const control = await gatekeeper.call({ honest: true });
    const got = JSON.parse(await gatekeeper.call({ paths })) as string[];
    const kept =
      existsSync(secret) &&
      readFileSync(secret, "utf8") === SECRET &&
      readFileSync(config, "utf8") === STATE_SECRET;
    const same =
      before.join("|") === [folder, state, workspace].map((each) => readdirSync(each).join()).join("|");
    const harms = [
      ...(got.length > 0 ? [`${got.length} of ${paths.length} spellings got through`] : []),
      ...(kept ? [] : ["a canary was overwritten"]),
      ...(same ? [] : ["a file was made outside"]),
    ];
    return { harm: harms.join(", ") || null, control: control === "mine" ? control : null };
  },
};
