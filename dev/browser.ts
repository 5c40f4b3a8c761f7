/** Runs the tests that need a real browser; each file in a process of its own. */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { root } from "./gateway-process.ts";

const files = globSync("{host,dev}/**/*.browser-test.ts", { cwd: root }).sort();
let failed = files.length === 0;
for (const file of files) {
  const { status } = spawnSync(process.execPath, ["test", "--timeout", "120000", `./${file}`], {
    cwd: root,
    stdio: "inherit",
  });
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
