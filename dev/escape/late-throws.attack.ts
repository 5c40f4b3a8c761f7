/** Errors thrown after the call, where nobody waits: in timers, microtasks, rejections, listeners and finalizers. */
import { callText, createRig, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import type { Hazard } from "./hazard.ts";
import { callWithoutIsolate } from "./without-isolate.ts";

const EXECUTE = `async ({ honest }) => {
  if (honest) return "works";
  setTimeout(() => { throw new Error("late in a timer"); }, 1);
  queueMicrotask(() => { throw new Error("late in a microtask"); });
  void Promise.reject(new Error("late in a rejection"));
  void Promise.reject({ get message() { throw new Error("late in a getter"); }, toString() { throw new Error("late in a text"); } });
  void Promise.reject(new Proxy({}, { get() { throw new Error("late in a trap"); } }));
  void { then(yes) { yes(this); throw new Error("late in a thenable"); } };
  return "";
}`;

export const hazard: Hazard = {
  name: "errors thrown after the call, where nobody waits for them",
  wall: "isolate: they are the plugin's console lines",
  canary: "the sandbox process, and another plugin's isolate in it",
  without: "`node:vm` in the isolate's place",
  attack: async (wall, files) => {
    const { sandboxes } = createRig({ files: Promise.resolve(files) });
    const thrower = toolPlugin("thrower", EXECUTE);
    const neighbour = toolPlugin("neighbour", "async () => `call ${globalThis.n = (globalThis.n ?? 0) + 1}`");
    try {
      if (wall === "down") {
        const ended = await callWithoutIsolate(files.node, thrower).then(
          () => null,
          () => "the process ended",
        );
        return { harm: ended, control: "works" };
      }
      await callText(sandboxes, neighbour);
      for (let round = 0; round < 5; round += 1) await callText(sandboxes, thrower);
      const control = await callText(sandboxes, thrower, { args: { honest: true } });
      const kept = await callText(sandboxes, neighbour);
      return { harm: kept === "call 2" ? null : `the neighbour lost its isolate: ${kept}`, control };
    } finally {
      await sandboxes.stop();
    }
  },
};
