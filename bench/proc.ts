/** Memory and CPU as Linux accounts them (`/proc`). */
import { readdirSync, readFileSync } from "node:fs";

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The process and all that descend from it. */
function tree(rootPid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const stat = read(`/proc/${name}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const all: number[] = [];
  for (const queue = [rootPid]; queue.length > 0;) {
    const pid = queue.pop() ?? 0;
    all.push(pid);
    queue.push(...(children.get(pid) ?? []));
  }
  return all;
}

/** Proportional set size of a process tree: memory shared by n processes counts 1/n in each. */
export function pssMiB(rootPid: number): { pssMiB: number; processes: { name: string; pssMiB: number }[] } {
  const processes = tree(rootPid)
    .map((pid) => ({
      name: read(`/proc/${pid}/comm`).trim(),
      pssMiB:
        Math.round(Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 102.4) / 10,
    }))
    .filter((entry) => entry.pssMiB > 0);
  return { pssMiB: Math.round(processes.reduce((sum, entry) => sum + entry.pssMiB, 0) * 10) / 10, processes };
}

/** How busy the whole machine was since the call, in percent of all its cores. */
export function cpuMeter(): () => number {
  const times = () => (read("/proc/stat").split("\n")[0] ?? "").trim().split(/\s+/).slice(1).map(Number);
  const before = times();
  return () => {
    const spent = times().map((value, at) => value - (before[at] ?? 0));
    const total = spent.slice(0, 8).reduce((sum, value) => sum + value, 0);
    const idle = (spent[3] ?? 0) + (spent[4] ?? 0);
    return Math.round((1 - idle / total) * 100);
  };
}
