import assert from "node:assert/strict";
import { test } from "node:test";
import { startSandbox } from "./sandbox-for-tests.ts";

test("under Node's permission model everything that the child tries is refused", async () => {
  const sandbox = await startSandbox();
  sandbox.send({ t: "probe" });
  const { frame } = await sandbox.next("walls");
  assert.deepEqual(frame, {
    t: "walls",
    network: false,
    filesystem: false,
    processes: false,
    environment: false,
  });
  await sandbox.stop();
});

test("without walls the same attempts succeed and are told", async () => {
  const sandbox = await startSandbox({ nodeArgs: [], env: { SECRET: "x" } });
  sandbox.send({ t: "probe" });
  const { frame } = await sandbox.next("walls");
  assert.deepEqual(frame, {
    t: "walls",
    network: true,
    filesystem: true,
    processes: true,
    environment: true,
  });
  await sandbox.stop();
});
