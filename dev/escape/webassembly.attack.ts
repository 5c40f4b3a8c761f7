/** WebAssembly without the right to it: memory that V8's heap limit does not count, and code that it did not parse. */
import { callText, createRig, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import type { Hazard } from "./hazard.ts";

const EXECUTE = `async ({ honest }) => {
  if (honest) return "works";
  const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  const ways = [() => WebAssembly, () => Function("return WebAssembly")(), () => (0, eval)("WebAssembly"), () => Object.getPrototypeOf(async function () {}).constructor("return WebAssembly")()];
  for (const way of ways) {
    try { const wasm = await way(); new wasm.Instance(new wasm.Module(empty)); return "ran a WebAssembly module"; } catch {}
  }
  return "";
}`;

export const hazard: Hazard = {
  name: "WebAssembly that was not granted",
  wall: "isolate: it is not there",
  canary: "memory that the heap limit does not count",
  without: "`wasm` granted",
  attack: async (wall, files) => {
    const { sandboxes } = createRig({ files: Promise.resolve(files) });
    try {
      const plugin = toolPlugin("assembler", EXECUTE, { wasm: wall === "down" });
      const said = await callText(sandboxes, plugin);
      return { harm: said || null, control: await callText(sandboxes, plugin, { args: { honest: true } }) };
    } finally {
      await sandboxes.stop();
    }
  },
};
