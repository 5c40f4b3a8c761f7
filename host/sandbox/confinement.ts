/**
 * A way to confine a sandbox process: a command line around Node's own permission model.
 *
 * Building one shows nothing yet. The launcher tries it by starting a real sandbox with it.
 */
import { execFile } from "node:child_process";
import { HostError } from "#host/base/errors.ts";

/** Absolute paths of what a sandbox process is made of. */
export interface SandboxFiles {
  /** Node 26. */
  readonly node: string;
  /** isolated-vm's `.node` file for this platform. */
  readonly addon: string;
  /** The bundled child program. */
  readonly child: string;
  /** The V8 snapshot with the edge runtime. */
  readonly snapshot: string;
}

export interface Confinement {
  /** As it stands in the wall's detail and in the log. */
  readonly name: string;
  /** What it adds to Node's permission model, as part of a sentence; null if nothing. */
  readonly adds: string | null;
  /** How it would be made to work, for whoever sees it fail. */
  readonly fix: string;
  /** Program and arguments. Rejects with a HostError if it can't be built here. */
  command(files: SandboxFiles): Promise<readonly string[]>;
}

/**
 * The child's command line with Node's permission model: it may load the addon and read these three files, until
 * it gives that up itself. Two ways past the permission model are closed: SQLite opens its files by itself, and V8
 * writes wherever one of its tracing flags says, which a program may otherwise set at any time.
 */
export function nodeCommand(files: SandboxFiles): string[] {
  const readable = [files.child, files.addon, files.snapshot].map((path) => `--allow-fs-read=${path}`);
  return [
    files.node,
    "--permission",
    "--allow-addons",
    ...readable,
    "--no-experimental-sqlite",
    "--freeze-flags-after-init",
    "--disable-warning=SecurityWarning",
    files.child,
    files.addon,
    files.snapshot,
  ];
}

/** Where a program of the owner's PATH stands. Rejects with a HostError if it is not installed. */
export async function locate(program: string): Promise<string> {
  try {
    return (await run("/bin/sh", ["-c", 'command -v "$1"', "sh", program])).trim();
  } catch (cause) {
    throw new HostError("sandbox.unavailable", `Cannot find "${program}": it is not installed`, { cause });
  }
}

/** Output of a program of the system. */
export function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { encoding: "utf8" }, (error, stdout) => {
      if (error === null) return resolve(stdout);
      const message = `Cannot run "${program}": ${error.message.split("\n")[0]}`;
      reject(new HostError("sandbox.unavailable", message, { cause: error }));
    });
  });
}
