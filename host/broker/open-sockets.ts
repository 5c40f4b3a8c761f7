/**
 * The sockets that plugins have open: counted, because each may hold a whole message in the host's memory, and
 * cut when a plugin's rights change or the host stops.
 */
import { aborted, EffectError } from "./failure.ts";

export interface OpenSockets {
  /**
   * A place for one socket, taken before it is opened. `signal` fires when the effect's own does and when the
   * socket must be cut. Throws EffectError `denied` past the limit.
   */
  enter(plugin: string, signal: AbortSignal): Place;
  /** Cuts a plugin's sockets. */
  forget(plugin: string): void;
  close(): void;
}

export interface Place {
  readonly signal: AbortSignal;
  /** The socket is gone, or none came of it. */
  leave(): void;
}

export function createOpenSockets(maxPerPlugin: number): OpenSockets {
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
        throw new EffectError("denied", `Cannot open another socket: "${plugin}" has ${own.size} open`, {
          fix: "Close one first",
        });
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
