/**
 * What plugins have open for long: sockets and calls of a model. Counted, because each holds a part of the host, and
 * cut when a plugin's rights change or the host stops.
 */
import { aborted, EffectError } from "./failure.ts";

export interface OpenPlaces {
  /**
   * A place, taken before the thing is opened. `signal` fires when the effect's own does and when the thing must be
   * cut. Throws EffectError `denied` past the limit.
   */
  enter(plugin: string, signal: AbortSignal): Place;
  /** Cuts what a plugin has open. */
  forget(plugin: string): void;
  close(): void;
}

export interface Place {
  readonly signal: AbortSignal;
  /** The thing is gone, or none came of it. */
  leave(): void;
}

export interface PlaceRule {
  readonly maxPerPlugin: number;
  /** What one more would be, as a sentence has it after "Cannot": `open another socket`. */
  readonly deed: string;
  /** What the plugin can do. */
  readonly fix: string;
}

export function createOpenPlaces({ maxPerPlugin, deed, fix }: PlaceRule): OpenPlaces {
  const open = new Map<string, Set<AbortController>>();
  let isClosed = false;
  const forget = (plugin: string) => {
    for (const controller of open.get(plugin) ?? []) controller.abort(aborted());
  };
  return {
    enter(plugin, signal) {
      if (isClosed) throw aborted();
      const own = open.get(plugin) ?? new Set();
      if (own.size >= maxPerPlugin) {
        throw new EffectError("denied", `Cannot ${deed}: "${plugin}" has ${own.size} open`, { fix });
      }
      const controller = new AbortController();
      open.set(plugin, own.add(controller));
      const onAbort = () => controller.abort(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
      return {
        signal: controller.signal,
        leave() {
          signal.removeEventListener("abort", onAbort);
          own.delete(controller);
          if (own.size === 0 && open.get(plugin) === own) open.delete(plugin);
        },
      };
    },
    forget,
    close() {
      isClosed = true;
      for (const plugin of open.keys()) forget(plugin);
    },
  };
}
