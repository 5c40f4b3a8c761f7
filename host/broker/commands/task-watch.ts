/**
 * How many tasks a command has and how much memory they hold, counted from outside.
 *
 * Linux: the first process in a bubblewrap's namespace shows, through its own /proc, exactly the processes that the
 * command started, also those that let go of their parent. Ask only once the command has begun: before, that /proc
 * may still be the host's.
 */
import { readdirSync, readFileSync } from "node:fs";

export interface TaskCount {
  /** Threads of all processes together. */
  readonly tasks: number;
  readonly residentBytes: number;
}

/** As in `/proc/<pid>/stat`: 4 KiB on every Linux that Node has a package for, arm64 included. */
const PAGE_BYTES = 4096;

/**
 * Null once they are gone, or where nothing can be counted. `pid` is bubblewrap's own. Of more than `enough` processes
 * only their number is told: a bomb grows while it is looked at.
 */
export function countTasks(pid: number, enough: number): TaskCount | null {
  try {
    const first = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    if (first === "") return null;
    const proc = `/proc/${first}/root/proc`;
    const processes = readdirSync(proc).filter((name) => /^\d+$/.test(name));
    if (processes.length > enough) return { tasks: processes.length, residentBytes: 0 };
    const counts = processes.map((name) => statOf(`${proc}/${name}/stat`));
    return {
      tasks: counts.reduce((sum, count) => sum + count.tasks, 0),
      residentBytes: counts.reduce((sum, count) => sum + count.residentBytes, 0),
    };
  } catch {
    return null;
  }
}

/** Fields 20 and 24 of proc(5); the name before them may hold anything, so they are counted from its end. */
function statOf(path: string): TaskCount {
  try {
    const text = readFileSync(path, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { tasks: Number(fields[17]), residentBytes: Number(fields[21]) * PAGE_BYTES };
  } catch {
    return { tasks: 0, residentBytes: 0 };
  }
}
