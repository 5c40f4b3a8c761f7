/** A taken-over sandbox process that has V8 write files for it: past Node's permission model, by a tracing flag. */
import { chmodSync, readdirSync } from "node:fs";
import type { Confinement } from "#host/sandbox/confinement.ts";
import { bare } from "#host/sandbox/confinements.ts";
import { callText, createRig, tempFolder, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import type { Hazard } from "./hazard.ts";
import { withAttacker } from "./taken-over.ts";

const attackOn = (folder: string) => `
  const writeOut = process.stdout.write.bind(process.stdout);
  process.stdout.write = (bytes, ...rest) => {
    if (Buffer.from(bytes).includes('"take over"')) void setFlags();
    return writeOut(bytes, ...rest);
  };
  async function setFlags() {
    const v8 = await import("node:v8");
    for (const flag of ["--perf-basic-prof", ${JSON.stringify(`--perf-basic-prof-path=${folder}`)}]) v8.setFlagsFromString(flag);
  }
`;

/** Node's permission model as the child starts with it, but for this one flag. */
const withoutFreeze: Confinement = {
  ...bare,
  command: async (files) => (await bare.command(files)).filter((word) => !word.startsWith("--freeze-flags")),
};

export const hazard: Hazard = {
  name: "V8's tracing flags, set by a taken-over sandbox process, that write a file",
  wall: "`node --permission` with `--freeze-flags-after-init`: the attempt ends the process",
  canary: "a folder that all may write",
  without: "`node --permission` alone",
  attack: async (wall, files) => {
    const folder = await tempFolder();
    chmodSync(folder, 0o777);
    const { sandboxes } = createRig({
      files: withAttacker(files, attackOn(folder)),
      confinements: [wall === "stands" ? bare : withoutFreeze],
    });
    const plugin = toolPlugin(
      "plugin",
      `async ({ honest }) => {
        if (honest) return "works";
        console.log("take over");
        await new Promise((resolve) => setTimeout(resolve, 300));
        return "went on";
      }`,
    );
    try {
      const control = await callText(sandboxes, plugin, { args: { honest: true } });
      const end = await callText(sandboxes, plugin).catch((error: Error) => error.message);
      // V8 begins its file with the next isolate that it makes.
      if (end === "went on") await callText(sandboxes, toolPlugin("next", "async () => 'opened'"));
      const written = readdirSync(folder);
      if (end === "went on" && written.length === 0) throw new Error("The attack came to nothing by itself");
      return { harm: written.length > 0 ? `V8 wrote ${written.join()} for it` : null, control };
    } finally {
      await sandboxes.stop();
    }
  },
};
