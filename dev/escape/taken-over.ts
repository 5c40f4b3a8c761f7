/** Canaries around a sandbox process that was taken over as a whole, and what it made of them. */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import type { Confinement, SandboxFiles } from "#host/sandbox/confinement.ts";
import { callText, createRig, tempFolder, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import type { Outcome, WallState } from "./hazard.ts";

/** What each attempt of `taken-over-child.mjs` came to: what was done, or why it was not. */
export type Attempts = Readonly<Record<string, { readonly done: string | null; readonly why: string }>>;

export interface TakenOver {
  readonly attempts: Attempts;
  /** What a plugin's call into the same process answered. */
  readonly control: string;
}

const SCRIPT = readFileSync(new URL("./taken-over-child.mjs", import.meta.url), "utf8");
const NOBODY = 65534;

const PATIENCE_MS = 20_000;

/**
 * Starts the attacker behind this confinement, lets it try everything, and answers what it could do. `moved` names
 * canaries that it would find elsewhere.
 */
export async function takeOver(
  confinement: Confinement,
  files: SandboxFiles,
  moved: Readonly<Record<string, string>> = {},
): Promise<TakenOver> {
  await using canaries = await placeCanaries();
  const { sandboxes, console } = createRig({
    files: withAttacker(
      files,
      `${SCRIPT}\nvoid takeOver(${JSON.stringify({ ...canaries.named, ...moved })});`,
    ),
    confinements: [confinement],
  });
  // Its permitted effect: in the same process, the real child goes on serving a real isolate.
  const plugin = toolPlugin("plugin", "async () => { console.log('take over'); return 'works'; }");
  try {
    const control = await callText(sandboxes, plugin);
    return { attempts: await told(console), control };
  } finally {
    await sandboxes.stop();
  }
}

/** The real child with this text after its own: it runs once the child has started. */
export async function withAttacker(files: SandboxFiles, script: string): Promise<SandboxFiles> {
  const child = join(await tempFolder(), "child.mjs");
  await writeFile(child, `${await readFile(files.child, "utf8")}\n${script}`);
  return { ...files, child };
}

async function told(console: readonly string[]): Promise<Attempts> {
  for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
    const line = console.find((each) => each.startsWith("plugin info {"));
    if (line !== undefined) return JSON.parse(line.slice("plugin info ".length)) as Attempts;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`The attacker told nothing within ${PATIENCE_MS} ms: ${console.join("; ")}`);
}

/**
 * Harm is every attempt that came to something, but for those that the wall does not claim to stop. Where no wall
 * stands all of them must: an attempt that never works shows nothing.
 */
export function outcomeOf(
  wall: WallState,
  { attempts, control }: TakenOver,
  notClaimed: readonly string[] = [],
): Outcome {
  const claimed = Object.entries(attempts).filter(([name]) => !notClaimed.includes(name));
  const done = claimed.filter(([, attempt]) => attempt.done !== null);
  const idle = claimed.filter(([, attempt]) => attempt.done === null);
  if (wall === "down" && idle.length > 0) {
    throw new Error(`These attempts fail without any wall: ${JSON.stringify(Object.fromEntries(idle))}`);
  }
  return { harm: done.length === 0 ? null : done.map(([name]) => name).join(", "), control };
}

/** The same way to confine, without Node's permission model: its wall stands or falls by itself. */
export function withoutNodePermission(confinement: Confinement): Confinement {
  return {
    ...confinement,
    command: async (files) =>
      (await confinement.command(files)).filter(
        (word) => !/^--(?:permission|allow-|no-experimental-sqlite|freeze-flags)/.test(word),
      ),
  };
}

/** Open to every user of the machine, so that it is the wall that stops the attacker and not an owner's bits. */
async function placeCanaries() {
  const folder = join(await tempFolder(), "canaries");
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  writeFileSync(join(folder, "secret"), "stolen");
  writeFileSync(join(folder, "module.mjs"), 'export default "imported"');
  copyFileSync("/usr/bin/bwrap", join(folder, "bwrap"));
  const socket = join(folder, "socket");
  const server = createServer((peer) => peer.end("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nstolen"));
  server.listen(0, "127.0.0.1");
  const local = createServer((peer) => peer.end("stolen")).listen(socket);
  const udp = createSocket("udp4");
  udp.on("message", (_bytes, { port, address }) => udp.send("stolen", port, address));
  udp.bind(0, "127.0.0.1");
  // Of the user that the sandbox runs as, where it does not run as the host's own.
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const victim = spawn("/bin/sleep", ["60"], { stdio: "ignore", ...identity });
  await Promise.all([once(server, "listening"), once(local, "listening"), once(udp, "listening")]);
  chmodSync(socket, 0o777);
  return {
    named: {
      folder,
      file: join(folder, "secret"),
      module: `file://${folder}/module.mjs`,
      socket,
      bwrap: join(folder, "bwrap"),
      port: (server.address() as AddressInfo).port,
      udpPort: udp.address().port,
      pid: victim.pid ?? 0,
      hostPid: process.pid,
    },
    async [Symbol.asyncDispose]() {
      victim.kill("SIGKILL");
      server.close();
      local.close();
      udp.close();
    },
  };
}
