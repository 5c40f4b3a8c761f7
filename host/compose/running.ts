/**
 * The port on which the gateway of a state folder listens now, for programs on this machine.
 *
 * A note, not a lock: it is believed while the process that wrote it lives.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StatePaths } from "#host/config/state.ts";

export function noteRunning(paths: StatePaths, port: number): void {
  writeFileSync(fileOf(paths), `${JSON.stringify({ port, pid: process.pid })}\n`, { mode: 0o600 });
}

export function forgetRunning(paths: StatePaths): void {
  rmSync(fileOf(paths), { force: true });
}

export function readRunning(paths: StatePaths): number | null {
  try {
    const { port, pid } = JSON.parse(readFileSync(fileOf(paths), "utf8")) as { port: number; pid: number };
    // Throws if it has died: what listens on its port now may be anybody, and would be shown the token.
    process.kill(pid, 0);
    return port;
  } catch {
    return null;
  }
}

function fileOf(paths: StatePaths): string {
  return join(paths.cache, "gateway.json");
}
