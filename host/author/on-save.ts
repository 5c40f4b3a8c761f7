/**
 * Does something whenever a file of a folder was saved, one time after the other.
 *
 * The folder is looked at when the system reports an event in it and at a steady pace besides, since such events
 * come late, twice or not at all. A save while the work runs is taken up after it.
 */
import { type FSWatcher, watch } from "node:fs";
import { AUTHOR } from "#host/base/limits.ts";
import { fingerprintOf, type FileStamp } from "#host/registry/folder.ts";

export interface SaveWatch {
  /** Resolves when the work was done for what is there now. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function onSave(
  list: () => Promise<readonly FileStamp[]>,
  work: (files: readonly FileStamp[]) => Promise<void>,
  folder: string,
): SaveWatch {
  let done: string | null = null;
  let looking: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watcher: FSWatcher | undefined;

  async function look(): Promise<void> {
    const files = await list().catch(() => null);
    // What cannot be listed now, because an editor moves files about, is listed at the next look.
    const fingerprint = files === null ? done : fingerprintOf(files);
    if (files === null || fingerprint === done || stopped) return;
    done = fingerprint;
    await work(files);
  }

  function next(): Promise<void> {
    if (looking !== null) {
      again = true;
      return looking;
    }
    looking = look().finally(() => {
      looking = null;
      const due = again;
      again = false;
      if (!stopped) plan(due ? AUTHOR.debounceMs : AUTHOR.pollIntervalMs);
    });
    return looking;
  }

  function plan(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void next(), ms);
  }

  return {
    start() {
      try {
        watcher = watch(folder, { recursive: true }, () => plan(AUTHOR.debounceMs));
        watcher.on("error", () => watcher?.close());
      } catch {
        // Without events the steady pace alone finds saves.
      }
      return next();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      watcher?.close();
      await looking;
    },
  };
}
