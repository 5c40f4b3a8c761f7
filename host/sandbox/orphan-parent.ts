/** A host in small, for `orphan.test.ts` to kill: a plugin of its is stuck in a loop. Argument: a confinement's name. */
import { confinementsFor } from "./confinements.ts";
import { processTree } from "./resident-bytes.ts";
import { callText, createRig, toolPlugin } from "./sandboxes-for-tests.ts";

const confinements = confinementsFor(process.platform, process.getuid?.()).filter(
  ({ name }) => name === process.argv[2],
);
const { sandboxes } = createRig({ confinements });
const stuck = toolPlugin("stuck", "async (_, ctx) => { ctx.update('in'); for (;;); }", {
  cpuSliceMs: 60_000,
  deadlineMs: 60_000,
});
const entered = Promise.withResolvers<void>();
callText(sandboxes, stuck, { onUpdate: () => entered.resolve() }).catch((thrown: unknown) =>
  entered.reject(thrown),
);
await entered.promise;
const [, ...children] = processTree(process.pid);
process.stdout.write(`${JSON.stringify(children)}\n`);
