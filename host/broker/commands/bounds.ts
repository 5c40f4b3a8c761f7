/** Holds a running command to its bounds in time, tasks and memory, by looking at it from outside. */
import { EffectError } from "../failure.ts";
import type { CommandLimits } from "./command-limits.ts";
import { countTasks } from "./task-watch.ts";

export interface Watched {
  /** Of the sandbox's outermost process. */
  readonly pid: number;
  /** For sentences: `run "git status"`. */
  readonly deed: string;
  readonly limits: CommandLimits;
  readonly onExcess: (failure: EffectError) => void;
}

/** Returns what ends the watch. */
export function watchBounds(watched: Watched): () => void {
  const { deed, limits, onExcess } = watched;
  const tooLong = () =>
    onExcess(new EffectError("timeout", `Cannot ${deed} to its end: it ran longer than ${limits.runMs} ms`));
  const deadline = setTimeout(tooLong, limits.runMs);
  const looking = setInterval(() => look(watched), limits.watchMs);
  return () => {
    clearTimeout(deadline);
    clearInterval(looking);
  };
}

function look({ pid, deed, limits, onExcess }: Watched): void {
  const found = countTasks(pid, limits.tasks);
  if (found === null) return;
  const tooMany = found.tasks > limits.tasks ? `${limits.tasks} processes and threads` : null;
  const tooMuch =
    found.residentBytes > limits.residentBytes ? `${limits.residentBytes} bytes of memory` : null;
  const excess = tooMany ?? tooMuch;
  if (excess !== null)
    onExcess(new EffectError("too-large", `Cannot ${deed} to its end: it held more than ${excess}`));
}
