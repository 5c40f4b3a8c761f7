/**
 * What hangs on the host's runtime, on each of the three. A smoke test: starts the host under it, chats once over the
 * socket with a tool that runs in an isolate, and stops it by SIGTERM. And on Node and Deno, the broker's tests of
 * requests, proxies and sockets, which "tests on Bun" runs on Bun.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
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

const EGRESS = ["egress", "proxy", "socket", "socket-proxy"].map((name) => `host/broker/${name}.test.ts`);
const TESTS = {
  node: ["node", "--test"],
  deno: ["deno", "test", "-A", "--no-check"],
} as const;

/** Rejects with the end of what it printed. */
async function egress(runtime: keyof typeof TESTS): Promise<void> {
  const [program, ...args] = TESTS[runtime];
  const child = spawn(join(root, "node_modules", ".bin", program), [...args, ...EGRESS], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (output += String(bytes)));
  const [code] = (await once(child, "close")) as [number | null];
  const count = Number(/(?:^ℹ pass |\| )(\d+)(?: passed)?/m.exec(output)?.[1] ?? 0);
  if (code !== 0 || count === 0) throw new Error(output.slice(-3_000));
}

let passed = 0;
let failed = 0;
async function check(what: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
    passed++;
    console.log(`ok      ${what}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${what}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

for (const runtime of ["bun", "node", "deno"] as const) {
  await check(`starts, chats through an isolate and stops on ${runtime}`, () => smoke(runtime));
}
for (const runtime of ["node", "deno"] as const) {
  await check(`requests, proxies and sockets of plugins on ${runtime}`, () => egress(runtime));
}
console.log(`${passed} passed\n${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
