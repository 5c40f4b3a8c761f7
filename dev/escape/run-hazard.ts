/**
 * One attack in a process of its own: `run-hazard.ts <attack file> <stands|down> <sandbox files as JSON>`.
 *
 * Its last line is the outcome as JSON. What nobody caught ends it with an error: a host that an attack makes
 * throw has not survived it.
 */
import type { SandboxFiles } from "#host/sandbox/confinement.ts";
import type { Hazard, WallState } from "./hazard.ts";

const [file = "", wall = "", files = ""] = process.argv.slice(2);
process.on("unhandledRejection", (reason) => {
  console.error("Nobody caught", reason);
  process.exit(2);
});
const { hazard } = (await import(file)) as { hazard: Hazard };
try {
  const outcome = await hazard.attack(wall as WallState, JSON.parse(files) as SandboxFiles);
  console.log(JSON.stringify(outcome));
  process.exit(0);
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message.slice(0, 2_000) : thrown);
  process.exit(1);
}
