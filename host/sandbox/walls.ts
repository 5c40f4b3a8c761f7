/**
 * The walls around plugins, as facts: each with what was tried and what it showed.
 *
 * Pure. Refuses to conclude: what nobody tried is `unknown`, also where the command line says that it should
 * stand.
 */
import type { Wall } from "#host/base/wall.ts";
import type { ReadyFrame, WallsFrame } from "#host/pipe/protocol.ts";

export interface Findings {
  /** From the launcher: which wall a sandbox greeted from behind. */
  readonly around: Wall;
  readonly ready: ReadyFrame | null;
  /** What the sandbox process could do when it tried. */
  readonly probed: WallsFrame | null;
  /** True once a plugin's code was loaded into an isolate. */
  readonly isolated: boolean;
  /** Memory as the watchdog read it, in bytes; null if it could not. */
  readonly residentBytes: number | null;
  readonly rssMiB: number;
  readonly watchIntervalMs: number;
}

const MiB = 1024 * 1024;

export function wallsAsFound(findings: Findings): readonly Wall[] {
  return [
    isolate(findings),
    nodePermission(findings),
    findings.around,
    network(findings),
    watchdog(findings),
  ];
}

function isolate({ ready, isolated }: Findings): Wall {
  const id = "isolate";
  if (ready === null || !isolated)
    return { id, state: "unknown", detail: "No plugin has been loaded into an isolate yet" };
  return { id, state: "stands", detail: `Plugins run in V8 isolates (V8 ${ready.v8}) of Node ${ready.node}` };
}

function nodePermission({ probed }: Findings): Wall {
  const id = "node-permission";
  if (probed === null) return { id, state: "unknown", detail: "No sandbox process has tried it yet" };
  const open = [
    probed.filesystem ? "read a file of the system" : "",
    probed.processes ? "start a process" : "",
    probed.environment ? "see environment variables" : "",
  ].filter(Boolean);
  if (open.length > 0) {
    return {
      id,
      state: "missing",
      detail: `The sandbox process could ${open.join(" and ")}`,
      fix: "Reinstall: the sandbox must run on its own Node 26",
    };
  }
  const detail =
    "The sandbox process tried to read a file, start a process and see the environment, and could not";
  return { id, state: "stands", detail };
}

function network({ probed }: Findings): Wall {
  const id = "network";
  if (probed === null) return { id, state: "unknown", detail: "No sandbox process has tried it yet" };
  if (!probed.network)
    return { id, state: "stands", detail: "The sandbox process tried to open a socket, and could not" };
  return {
    id,
    state: "missing",
    detail: "The sandbox process could open a socket",
    fix: "Reinstall: the sandbox must run on its own Node 26, whose --permission closes the network",
  };
}

function watchdog({ ready, residentBytes, rssMiB, watchIntervalMs }: Findings): Wall {
  const id = "watchdog";
  if (ready === null) return { id, state: "unknown", detail: "No sandbox process runs" };
  if (residentBytes === null) {
    return {
      id,
      state: "missing",
      detail: "The memory of the sandbox process could not be read",
      fix: "Let the host read /proc, or run ps",
    };
  }
  const seen = Math.round(residentBytes / MiB);
  const detail = `The sandbox process was seen to hold ${seen} MiB; it is looked at every ${watchIntervalMs} ms and killed over ${rssMiB} MiB`;
  return { id, state: "stands", detail };
}
