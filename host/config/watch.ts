/**
 * Notices that a file changed, also when an editor replaces it, when it goes and when it comes back.
 *
 * Watches the folder, because a watch on the file itself stays with the replaced one. A slow look at the
 * file's times finds what the system does not report: network drives, a link's target.
 */
import { type FSWatcher, type Stats, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

export interface WatchTimes {
  /** An editor writes in several steps; this long after the last one it is done. */
  readonly settleMs: number;
  readonly pollMs: number;
}

export const WATCH_TIMES: WatchTimes = { settleMs: 60, pollMs: 1_000 };

/** Calls `changed` once for each burst of changes until the answered function is called. Keeps no process alive. */
export function watchFile(path: string, changed: () => void, times: WatchTimes = WATCH_TIMES): () => void {
  let settling: NodeJS.Timeout | null = null;
  let seen = stampOf(path);
  const look = () => {
    settling = null;
    seen = stampOf(path);
    changed();
  };
  const touch = () => {
    if (settling !== null) clearTimeout(settling);
    settling = setTimeout(look, times.settleMs);
  };
  const watcher = watchFolder(dirname(path), (name) => {
    if (name === null || name === basename(path)) touch();
  });
  const poll = setInterval(() => {
    if (settling === null && stampOf(path) !== seen) touch();
  }, times.pollMs);
  poll.unref();
  return () => {
    watcher?.close();
    clearInterval(poll);
    if (settling !== null) clearTimeout(settling);
  };
}

/** Null where the system has no watches left; the slow look does it alone then. */
function watchFolder(folder: string, touched: (name: string | null) => void): FSWatcher | null {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => touched(name));
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}

function stampOf(path: string): string {
  const stat: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "gone" : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
}
