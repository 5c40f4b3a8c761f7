/** A plugin whose process dies under it: who else dies with it. */
import { readFileSync } from "node:fs";
import { processTree } from "#host/sandbox/resident-bytes.ts";
import { callText, createRig, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import type { Hazard } from "./hazard.ts";
import { neighbour } from "./latency.ts";

function children(): number[] {
  const line = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  return line.split(" ").filter(Boolean).map(Number);
}

export const hazard: Hazard = {
  name: "a plugin that ends its process in the middle of a call",
  wall: "a process for each trust group, started again",
  canary: "what a neighbour holds in its isolate",
  without: "both in one group",
  attack: async (wall, files) => {
    const { sandboxes } = createRig({ files: Promise.resolve(files) });
    const killed = toolPlugin(
      "killed",
      "async ({ honest }, ctx) => { if (honest) return 'works'; ctx.update('in'); await new Promise(() => {}); }",
      { trustGroup: wall === "stands" ? "killed" : neighbour.trustGroup },
    );
    try {
      await callText(sandboxes, neighbour);
      const others = wall === "stands" ? children() : [];
      const entered = Promise.withResolvers<void>();
      const call = callText(sandboxes, killed, { onUpdate: () => entered.resolve() }).then(
        () => "it was answered",
        () => null,
      );
      await entered.promise;
      for (const pid of children().filter((each) => !others.includes(each)))
        process.kill(processTree(pid).at(-1) ?? pid, "SIGKILL");
      const answered = await call;
      const kept = await callText(sandboxes, neighbour);
      const control = await callText(sandboxes, killed, { args: { honest: true } });
      return { harm: answered ?? (kept === "call 2" ? null : "the neighbour lost its isolate"), control };
    } finally {
      await sandboxes.stop();
    }
  },
};
