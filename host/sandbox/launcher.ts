/**
 * Starts sandbox processes, each behind the strongest wall that this machine lets us build.
 *
 * Guarantees that a wall counts as standing only after a sandbox has greeted from behind it, that each wall
 * which could not be built is remembered with its reason, and that a process which is slow or speaks wrongly
 * is an error and not a reason to take a weaker wall. The choice is made once in a host's life.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { asHostError, HostError } from "#host/base/errors.ts";
import type { Wall } from "#host/base/wall.ts";
import { createStdioTransport } from "#host/pipe/stdio-transport.ts";
import type { ReadyFrame } from "#host/pipe/protocol.ts";
import type { Confinement, SandboxFiles } from "./confinement.ts";
import { confinementsFor } from "./confinements.ts";
import type { SandboxLimits } from "./limits.ts";
import { Link, protocolError } from "./link.ts";
import { residentBytes } from "./resident-bytes.ts";

/** A sandbox process that has said that it is ready. */
export interface Launched {
  readonly link: Link;
  readonly ready: ReadyFrame;
  /** Of the process and what it started; null where that can't be known, as for another pod. */
  readonly residentBytes: () => Promise<number | null>;
  /** Ends it and all that it started, at once. */
  readonly kill: () => void;
  /** Resolves when the system has taken it back. */
  readonly exited: Promise<void>;
}

export interface Launcher {
  /** Rejects with HostError `sandbox.unavailable` or `sandbox.protocol`. */
  launch(): Promise<Launched>;
  /** The wall around the processes, as it was found by starting one. */
  wall(): Wall;
}

export interface LauncherOptions {
  /** Asked for once, at the first start. */
  readonly files: () => Promise<SandboxFiles>;
  readonly limits: SandboxLimits;
  readonly confinements?: readonly Confinement[];
}

/** What of a dying process's stderr is kept to explain its death. */
const STDERR_TAIL = 2_000;

export function createLauncher(options: LauncherOptions): Launcher {
  return new ProcessLauncher(options);
}

class ProcessLauncher implements Launcher {
  readonly #options: LauncherOptions;
  readonly #candidates: readonly Confinement[];
  readonly #failures: string[] = [];
  #command: readonly string[] | null = null;
  #chosen: Confinement | null = null;
  #first: Promise<Launched> | null = null;

  constructor(options: LauncherOptions) {
    this.#options = options;
    this.#candidates = options.confinements ?? confinementsFor(process.platform, process.getuid?.());
  }

  async launch(): Promise<Launched> {
    if (this.#command !== null) return start(this.#command, this.#options.limits);
    if (this.#first !== null) {
      // Somebody else is finding out which wall can be built; their process is theirs.
      await this.#first;
      return this.launch();
    }
    this.#first = this.#choose();
    try {
      return await this.#first;
    } finally {
      this.#first = null;
    }
  }

  wall(): Wall {
    const id = "os-sandbox";
    const failures = this.#failures.join("; ");
    if (this.#chosen === null)
      return { id, state: "unknown", detail: "No sandbox process has been started yet" };
    const { name, adds } = this.#chosen;
    const [best] = this.#candidates;
    if (adds !== null && failures === "")
      return { id, state: "stands", detail: `Started behind ${name}: ${adds}` };
    const detail = `${adds === null ? "Nothing around Node's own permission model" : `Only ${name}: ${adds}`}. ${failures}`;
    return { id, state: isFull(this.#chosen) ? "stands" : "missing", detail, fix: best?.fix ?? "" };
  }

  async #choose(): Promise<Launched> {
    this.#failures.length = 0;
    // What is missing before a wall is tried is missing behind every one, and has a fix of its own.
    const files = await this.#options.files();
    for (const candidate of this.#candidates) {
      try {
        const command = await candidate.command(files);
        const launched = await start(command, this.#options.limits);
        this.#chosen = candidate;
        this.#command = command;
        return launched;
      } catch (thrown) {
        const error = asHostError(thrown);
        if (error.code !== "sandbox.unavailable") throw error;
        this.#failures.push(`${candidate.name}: ${error.message}`);
      }
    }
    const fix = this.#candidates.at(-1)?.fix ?? "Give the sandbox a way to start";
    throw new HostError(
      "sandbox.unavailable",
      `Cannot start a sandbox process: ${this.#failures.join("; ")}`,
      { fix },
    );
  }
}

function start([program = "", ...args]: readonly string[], limits: SandboxLimits): Promise<Launched> {
  const child = spawn(program, args, {
    cwd: "/",
    env: {},
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  return greeted(child, limits);
}

/** Waits for the greeting of a process that was just started; a failure leaves nothing behind. */
async function greeted(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  limits: SandboxLimits,
): Promise<Launched> {
  const lastWords = keepTail(child.stderr);
  const exited = exitOf(child);
  const link = new Link(createStdioTransport(child.stdin, child.stdout), limits);
  const kill = () => killGroup(child.pid);
  const patience = setTimeout(
    () => link.close(protocolError(`it was not ready within ${limits.startDeadlineMs} ms`)),
    limits.startDeadlineMs,
  );
  try {
    const ready = await link.ready;
    const { pid = 0 } = child;
    return { link, ready, kill, exited: exited.then(() => {}), residentBytes: () => residentBytes(pid) };
  } catch (thrown) {
    kill();
    const error = asHostError(thrown);
    if (error.code === "sandbox.protocol") throw error;
    const how = await exited;
    throw new HostError("sandbox.unavailable", [how, lastWords()].filter(Boolean).join(": "), {
      cause: error,
    });
  } finally {
    clearTimeout(patience);
  }
}

/** One line on how the process ended. Never rejects: not being found is an end too. */
function exitOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `exit code ${code}` : `ended by ${signal}`),
    );
  });
}

/** The process leads a group of its own, so that what it started goes with it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

/** The line of stderr that says most: an error if there is one, else the last. */
function keepTail(stderr: Readable): () => string {
  let tail = "";
  stderr.setEncoding("utf8");
  stderr.on("data", (text: string) => {
    tail = (tail + text).slice(-STDERR_TAIL);
  });
  return () => {
    const lines = tail.trim().split("\n");
    return (lines.find((line) => /error|cannot|can't|denied/i.test(line)) ?? lines.at(-1) ?? "").trim();
  };
}

/** Bubblewrap and sandbox-exec close files and network off; a changed user or a death signal alone do not. */
function isFull(confinement: Confinement): boolean {
  return confinement.name.startsWith("bubblewrap") || confinement.name === "sandbox-exec";
}
