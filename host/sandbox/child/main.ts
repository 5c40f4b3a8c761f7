/**
 * The sandbox process: isolates, and a pipe to the host. It has no files, no network and no children of its
 * own, and wants none.
 *
 * `sandbox-child.mjs <addon> <snapshot>`. Frames come on stdin and go out on stdout, to which nothing else may
 * write. It lives as long as stdin does and always ends by SIGKILL: after a runaway allocation, or with an
 * isolate stuck in native code, an orderly exit can hang.
 */
import { readFileSync, writeSync } from "node:fs";
import { asHostError } from "#host/base/errors.ts";
import { SANDBOX } from "#host/base/limits.ts";
import { createDecoder, FROM_HOST } from "#host/pipe/framing.ts";
import { PIPE_VERSION, type HostFrame } from "#host/pipe/protocol.ts";
import { loadIsolatedVm } from "./addon.ts";
import { createIsolateSource } from "./blank-isolate.ts";
import { createOutbox } from "./outbox.ts";
import { Sandbox } from "./sandbox.ts";

const STDERR = 2;

function die(reason?: string): never {
  if (reason !== undefined) writeSync(STDERR, `sandbox: ${reason}\n`);
  process.kill(process.pid, "SIGKILL");
  // Still here: the first process of a container is deaf to its own signals, but not to a trap.
  process.abort();
}

async function run(addonPath: string, snapshotPath: string): Promise<never> {
  const ivm = loadIsolatedVm(addonPath);
  const snapshot = new ivm.ExternalCopy(bufferOf(readFileSync(snapshotPath)));
  giveUpRights();
  const outbox = createOutbox(process.stdout);
  const source = createIsolateSource({ ivm, snapshot, pooled: SANDBOX.pooledIsolates, onCatastrophe: die });
  const sandbox = new Sandbox({ ivm, source, outbox });
  outbox.send({ t: "ready", version: PIPE_VERSION, node: process.version, v8: process.versions.v8 });
  source.fill();
  const decoder = createDecoder(FROM_HOST);
  for await (const bytes of process.stdin) {
    for (const { header, payload } of decoder.push(bytes as Uint8Array)) {
      // The host is trusted: it is the one that this process is walled off for.
      void sandbox.handle(header as unknown as HostFrame, payload);
    }
  }
  return die();
}

/** What it was started with is all that it needs: from here on no file opens and no addon loads, for good. */
function giveUpRights(): void {
  // Absent without --permission, as in a test that takes this wall down.
  process.permission?.drop("fs.read");
  process.permission?.drop("addon");
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

const [addonPath, snapshotPath] = process.argv.slice(2);
if (addonPath === undefined || snapshotPath === undefined) die("usage: sandbox-child.mjs <addon> <snapshot>");
process.stdout.on("error", () => die());
process.on("uncaughtException", (thrown) => die(asHostError(thrown).message));
run(addonPath, snapshotPath).catch((thrown: unknown) => die(asHostError(thrown).message));
