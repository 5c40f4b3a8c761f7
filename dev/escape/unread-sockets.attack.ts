/** Servers that send without end to a plugin that opened a WebSocket and a TCP connection and reads neither. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { EffectReply, PerformEffect } from "#host/base/effect.ts";
import { toLoopback } from "#host/broker/counterpart.fixture.ts";
import { createGatekeeper } from "./gatekeeper.ts";
import type { Hazard } from "./hazard.ts";

const MiB = 1024 * 1024;
/** Windows, a message under way and what the runtime's collector has not taken back yet. */
const MOST_BYTES = 64 * MiB;
const LOOK_MS = 10;

/** It is busy, so that no message reaches it, and then reads one piece of what was held for it. */
const EXECUTE = `async ({ web, tcp }, { net }) => {
  const connection = await net.connect({ host: "a.localhost", port: tcp });
  const socket = new WebSocket("ws://a.localhost:" + web + "/");
  await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = ({ message }) => reject(new Error(message)); });
  for (const until = Date.now() + 1500; Date.now() < until;);
  const { value } = await connection.readable.getReader().read();
  return value.length > 0 ? "works" : "nothing came";
}`;

interface Ports {
  readonly web: number;
  readonly tcp: number;
}

async function startServers(): Promise<{ readonly ports: Ports; readonly stop: () => void }> {
  const program = fileURLToPath(new URL("./flooding-server.ts", import.meta.url));
  const child = spawn(process.execPath, ["--no-env-file", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { ports: JSON.parse(line.toString()) as Ports, stop: () => child.kill("SIGKILL") };
}

/** As a host without credit would: it takes what comes, whether the plugin reads or not. */
function readingOn(perform: PerformEffect): PerformEffect {
  return async (...effect) => {
    const reply = await perform(...effect);
    return reply.ok && reply.body !== null ? { ...reply, body: takenAtOnce(reply.body) } : reply;
  };
}

async function* takenAtOnce(
  body: NonNullable<Extract<EffectReply, { ok: true }>["body"]>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const held: Uint8Array[] = [];
  const state = { over: false };
  const taking = (async () => {
    for await (const bytes of body) held.push(bytes);
  })().finally(() => (state.over = true));
  while (!state.over || held.length > 0) {
    const next = held.shift();
    if (next === undefined) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    else yield next;
  }
  await taking;
}

export const hazard: Hazard = {
  name: "servers that flood a WebSocket and a TCP connection which the plugin does not read",
  wall: "pipe: credit; a socket whose messages nobody takes is paused",
  canary: "the host's memory",
  without: "a host that takes what comes",
  attack: async (wall, files) => {
    const { ports, stop } = await startServers();
    const hosts = [`a.localhost:${ports.web}`, `a.localhost:${ports.tcp}`];
    await using gatekeeper = createGatekeeper({
      files,
      execute: EXECUTE,
      rights: { domains: hosts, tcp: hosts },
      resolve: toLoopback,
      instead: wall === "stands" ? undefined : ({ broker }) => readingOn(broker.perform),
    });
    const before = process.memoryUsage.rss();
    let most = 0;
    const looking = setInterval(() => (most = Math.max(most, process.memoryUsage.rss() - before)), LOOK_MS);
    try {
      const control = await gatekeeper.call(ports);
      const harm = most > MOST_BYTES ? `the host grew by ${Math.round(most / MiB)} MiB` : null;
      return { harm, control: control === "works" ? control : null };
    } finally {
      clearInterval(looking);
      stop();
    }
  },
};
