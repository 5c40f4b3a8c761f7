/**
 * Tries the walls around this process, by doing what a plugin that broke out would do.
 *
 * A thing that failed for any reason but a refusal counts as possible: a closed port was still reached.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import type { WallsFrame } from "#host/pipe/protocol.ts";

const REFUSALS = new Set(["ERR_ACCESS_DENIED", "EACCES", "EPERM", "ENETUNREACH", "ENOSYS"]);
/** Set by the system or by bubblewrap themselves; they tell nothing. */
const HARMLESS_NAMES = new Set(["PWD", "LC_CTYPE", "__CF_USER_TEXT_ENCODING"]);
const CONNECT_TIMEOUT_MS = 1_000;

export async function tryWalls(): Promise<WallsFrame> {
  return {
    t: "walls",
    network: await canConnect(),
    filesystem: canRead(),
    processes: canSpawn(),
    environment: Object.keys(process.env).some((name) => !HARMLESS_NAMES.has(name)),
  };
}

function canConnect(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      // The discard port of this very machine: nothing is disturbed whether somebody listens or not.
      const socket = connect({ host: "127.0.0.1", port: 9, timeout: CONNECT_TIMEOUT_MS });
      const settle = (reached: boolean) => {
        socket.destroy();
        resolve(reached);
      };
      socket.once("connect", () => settle(true));
      socket.once("timeout", () => settle(true));
      socket.once("error", (error) => settle(!isRefusal(error)));
    } catch (thrown) {
      resolve(!isRefusal(thrown));
    }
  });
}

/** Here a missing file is a wall too: nothing of the machine is mounted. */
function canRead(): boolean {
  return succeeds(() => readFileSync("/etc/passwd")) || succeeds(() => readdirSync("/home"));
}

function canSpawn(): boolean {
  try {
    const { error } = spawnSync(process.execPath, ["--version"], { timeout: CONNECT_TIMEOUT_MS });
    return !isRefusal(error);
  } catch (thrown) {
    return !isRefusal(thrown);
  }
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function isRefusal(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && REFUSALS.has(String(thrown.code));
}
