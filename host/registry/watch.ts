/**
 * Tells when a plugin's folder is there, was changed, or is gone; never while it is being written.
 *
 * Folders are looked at when the system reports an event on their root and at a steady pace besides, since
 * such events come late, twice or not at all, differently on each system and runtime. A folder is told
 * once its files have been still for `settleMs`. One look at a time.
 */
import { type FSWatcher, watch } from "node:fs";
import { sep } from "node:path";
import type { Clock } from "#host/base/clock.ts";
import { discover, type DiscoverLimits, type Found, type Root } from "./discover.ts";

export interface WatchLimits extends DiscoverLimits {
  readonly pollIntervalMs: number;
  readonly debounceMs: number;
  readonly settleMs: number;
}

export interface WatchDeps {
  readonly roots: readonly Root[];
  readonly limits: WatchLimits;
  readonly clock: Clock;
  /** The folder is new or was changed, and has been still since. */
  readonly onStill: (found: Found) => void;
  readonly onGone: (folder: string) => void;
  /** Whether the folder is as it was when it was last loaded, so that there is no need to wait. */
  readonly isKnown: (found: Found) => boolean;
  /** Takes a look that nobody awaits, and tells if it fails. */
  readonly background: (look: Promise<void>) => void;
  /** Runs each look by itself: while a plugin is being installed, nobody looks. */
  readonly exclusive: <Result>(task: () => Promise<Result>) => Promise<Result>;
}

export interface FolderWatch {
  /** Looks once and begins to watch. */
  start(): Promise<void>;
  /** Looks now. */
  look(): Promise<void>;
  /** Takes a folder for told as it is: the caller put it there. Only within `exclusive`. */
  tell(folder: string, fingerprint: string): void;
  /** True while a folder has been seen to change and is not still yet. */
  unsettled(): boolean;
  stop(): void;
}

interface Seen {
  fingerprint: string;
  /** Monotonic ms at which it has been still for long enough. */
  stillAt: number;
  told: boolean;
}

export function createFolderWatch(deps: WatchDeps): FolderWatch {
  const { roots, limits, clock } = deps;
  const seen = new Map<string, Seen>();
  const watchers = new Map<string, FSWatcher>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const look = () => deps.exclusive(async () => (stopped ? undefined : compare()));

  async function compare(): Promise<void> {
    const { found, unreadable } = await discover(roots, limits);
    const here = new Set(found.map(({ folder }) => folder));
    for (const folder of seen.keys()) {
      if (here.has(folder) || unreadable.some((root) => folder.startsWith(root.path + sep))) continue;
      seen.delete(folder);
      deps.onGone(folder);
    }
    for (const one of found) {
      if (isStill(one)) deps.onStill(one);
    }
  }

  /** Notes what was seen; true the first time that it has been still for long enough. */
  function isStill(found: Found): boolean {
    const now = clock.monotonic();
    let entry = seen.get(found.folder);
    if (entry?.fingerprint !== found.fingerprint) {
      const age = clock.now() - found.changedAt;
      const rest = deps.isKnown(found) ? 0 : Math.min(limits.settleMs, limits.settleMs - age);
      entry = { fingerprint: found.fingerprint, stillAt: now + Math.max(0, rest), told: false };
      seen.set(found.folder, entry);
    }
    if (entry.told || now < entry.stillAt) return false;
    entry.told = true;
    return true;
  }

  const unsettled = () => [...seen.values()].some((entry) => !entry.told);

  /** The next look: soon while something moves, at the steady pace otherwise. */
  function schedule(delayMs: number): void {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(() => deps.background(tick()), delayMs);
    timer.unref();
  }

  /** Whatever a look ends with, there is a next one. */
  async function tick(): Promise<void> {
    try {
      watchRoots();
      await look();
    } finally {
      schedule(unsettled() ? limits.settleMs / 3 : limits.pollIntervalMs);
    }
  }

  /** Roots may come and go; each is watched while it is there. */
  function watchRoots(): void {
    for (const { path } of roots) {
      if (watchers.has(path)) continue;
      try {
        const watcher = watch(path, { persistent: false }, () => schedule(limits.debounceMs));
        watchers.set(path, watcher);
        watcher.on("error", () => forget(path));
        watcher.on("close", () => forget(path));
      } catch {
        // Not there yet, or no watches left: the steady pace finds it.
      }
    }
  }

  function forget(path: string): void {
    watchers.get(path)?.close();
    watchers.delete(path);
  }

  return {
    start: tick,
    look,
    tell(folder, fingerprint) {
      seen.set(folder, { fingerprint, stillAt: clock.monotonic(), told: true });
    },
    unsettled,
    stop() {
      stopped = true;
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}
