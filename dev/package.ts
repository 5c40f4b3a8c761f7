/**
 * The package as a user gets it: `npm pack`, `npm i -g` into a folder of its own, `openclaw gateway`, a chat
 * with a tool in an isolate, `openclaw plugin list`, and an end by SIGTERM.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { connect, root, startGateway, untilTool } from "./gateway-process.ts";

const run = promisify(execFile);

async function installed(folder: string): Promise<string> {
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? "";
  const prefix = join(folder, "prefix");
  await run(
    "npm",
    ["install", "--global", "--prefix", prefix, "--no-audit", "--no-fund", join(folder, tarball)],
    { cwd: folder },
  );
  return join(prefix, "bin", "openclaw");
}

const folder = await mkdtemp(join(tmpdir(), "openclaw-package-"));
try {
  const openclaw = await installed(folder);
  const stateDir = join(folder, "state");
  await cp(join(root, "dev", "fixtures", "dice"), join(stateDir, "plugins", "dice"), { recursive: true });
  const gateway = await startGateway({ command: [openclaw, "gateway"], stateDir });
  const client = await connect(gateway);
  await untilTool(client, "roll");
  const answer = await client.chat('/tool roll {"sides": 1}');
  assert.match(JSON.stringify(answer), /rolled 1/);
  client.close();
  const env = { ...process.env, OPENCLAW_STATE_DIR: stateDir, OPENCLAW_GATEWAY_TOKEN: gateway.token };
  const { stdout } = await run(openclaw, ["plugin", "list"], { env });
  assert.match(stdout, /dice +1\.0\.0/);
  assert.equal(await gateway.stop(), 0, gateway.output());
  console.log("1 passed\n0 failed");
} catch (error) {
  console.log(error instanceof Error ? error.stack : String(error));
  console.log("0 passed\n1 failed");
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit();
