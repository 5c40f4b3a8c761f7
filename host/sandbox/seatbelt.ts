/**
 * macOS: the sandbox process under `sandbox-exec`, with a profile that denies everything and names the little
 * that Node needs.
 *
 * Written without a Mac at hand, from the profile language as other programs use it. The launcher starts a
 * sandbox behind it before it counts as a wall, and takes the next one if that fails.
 */
import { dirname } from "node:path";
import { nodeCommand, type Confinement, type SandboxFiles } from "./confinement.ts";

export const seatbelt: Confinement = {
  name: "sandbox-exec",
  adds: "no network, no other programs, no files but Node's own",
  fix: "Allow /usr/bin/sandbox-exec to run",
  command: async (files) => ["/usr/bin/sandbox-exec", "-p", profileFor(files), ...nodeCommand(files)],
};

/** A profile in the sandbox profile language. Later rules win. */
export function profileFor(files: SandboxFiles): string {
  const own = [files.node, files.addon, files.child, files.snapshot];
  return [
    "(version 1)",
    "(deny default)",
    `(allow process-exec (literal ${quote(files.node)}))`,
    "(allow process-info* (target self))",
    "(allow signal (target self))",
    "(allow sysctl-read)",
    '(allow mach-lookup (global-name "com.apple.system.notification_center"))',
    `(allow file-read* ${own.map((path) => `(literal ${quote(path)})`).join(" ")})`,
    '(allow file-read* (subpath "/usr/lib") (subpath "/System/Library") (subpath "/System/Volumes/Preboot/Cryptexes"))',
    '(allow file-read* (literal "/") (literal "/dev/urandom") (literal "/dev/random") (literal "/dev/null"))',
    // Node looks at each folder on the way to its program.
    `(allow file-read-metadata ${own.map((path) => `(subpath ${quote(dirname(path))})`).join(" ")})`,
    "(deny network*)",
    "(deny process-fork)",
  ].join("\n");
}

function quote(path: string): string {
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
