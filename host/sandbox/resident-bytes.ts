/**
 * Resident memory of a process and of all that it started.
 *
 * Guarantees that children count: under bubblewrap the sandbox is a grandchild. Null for what is gone or
 * can't be read.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";

/** Bytes in a page of /proc/<pid>/statm: 4 KiB on every Linux that Node has a package for, arm64 included. */
const PAGE_BYTES = 4096;

export async function residentBytes(pid: number): Promise<number | null> {
  return process.platform === "linux" ? fromProc(pid) : await fromPs(pid);
}

/** A process and its descendants, the innermost last. Linux only. */
export function processTree(pid: number): number[] {
  const children = readProc(`/proc/${pid}/task/${pid}/children`) ?? "";
  return [pid, ...children.split(" ").filter(Boolean).map(Number).flatMap(processTree)];
}

function fromProc(pid: number): number | null {
  const pages = processTree(pid).map((each) =>
    Number(readProc(`/proc/${each}/statm`)?.split(" ")[1] ?? Number.NaN),
  );
  const known = pages.filter((count) => Number.isInteger(count));
  return known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0) * PAGE_BYTES;
}

/** Synchronous: procfs answers from memory, in less time than a promise would take. */
function readProc(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function fromPs(pid: number): Promise<number | null> {
  return new Promise((resolve) => {
    execFile("/bin/ps", ["-o", "rss=", "-p", String(pid)], (error, output) => {
      const kib = Number.parseInt(output, 10);
      resolve(error === null && Number.isInteger(kib) ? kib * 1024 : null);
    });
  });
}
