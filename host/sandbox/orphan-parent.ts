/**
 * A host in small, for `launcher.test.ts` to kill. `<confinement's name> isolate` has a plugin of its stuck in a
 * loop; `<name> process` has its whole sandbox process stuck, as a broken one could be, deaf to its stdin.
 */
import { confinementsFor } from "./confinements.ts";
import { processTree } from "./resident-bytes.ts";
import { callText, createRig, scriptedFiles, toolPlugin } from "./sandboxes-for-tests.ts";

const [name, stuckPart] = process.argv.slice(2);
const confinements = confinementsFor(process.platform, process.getuid?.()).filter(
  (each) => each.name === name,
);
const deaf = `on("open", ({ isolate }) => send({ t: "opened", isolate, ok: true }));
  on("call", ({ isolate, call }) => {
    send({ t: "update", isolate, call, text: "in" });
    setTimeout(() => { for (;;); }, 20);
  });
  ready();`;
const files = stuckPart === "process" ? { files: scriptedFiles(deaf) } : {};
const { sandboxes } = createRig({ confinements, ...files });
const stuck = toolPlugin("stuck", "async (_, ctx) => { ctx.update('in'); for (;;); }", {
  cpuSliceMs: 60_000,
  deadlineMs: 60_000,
});
const entered = Promise.withResolvers<void>();
callText(sandboxes, stuck, { onUpdate: () => entered.resolve() }).catch((thrown: unknown) =>
  entered.reject(thrown),
);
await entered.promise;
await new Promise((resolve) => setTimeout(resolve, 60));
const [, ...children] = processTree(process.pid);
process.stdout.write(`${JSON.stringify(children)}\n`);
