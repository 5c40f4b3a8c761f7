/**
 * One smoke test for each runtime: starts the host under it, chats once over the socket with a tool that
 * runs in an isolate, and stops it by SIGTERM.
 */
import assert from "node:assert/strict";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, root, startGateway, untilTool, type Runtime } from "./gateway-process.ts";

const STOP_LIMIT_MS = 5_000;

async function smoke(runtime: Runtime): Promise<void> {
  const stateDir = await mkdtemp(join(tmpdir(), `openclaw-${runtime}-`));
  await cp(join(root, "dev", "fixtures", "dice"), join(stateDir, "plugins", "dice"), { recursive: true });
  const gateway = await startGateway({ runtime, stateDir });
  try {
    const client = await connect(gateway);
    await untilTool(client, "roll");
    const answer = await client.chat('/tool roll {"sides": 1}');
    assert.equal(answer.state, "final", JSON.stringify(answer));
    assert.match(JSON.stringify(answer.message), /rolled 1/);
    client.close();
    const started = performance.now();
    assert.equal(await gateway.stop(), 0, gateway.output());
    assert.ok(performance.now() - started < STOP_LIMIT_MS, "it took longer than 5 s to end");
  } finally {
    await gateway.kill();
    await rm(stateDir, { recursive: true, force: true });
  }
}

let passed = 0;
let failed = 0;
for (const runtime of ["bun", "node", "deno"] as const) {
  try {
    await smoke(runtime);
    passed++;
    console.log(`ok      starts, chats through an isolate and stops on ${runtime}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  on ${runtime}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}
console.log(`${passed} passed\n${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
