/**
 * A download as it comes: one line that is drawn anew on a terminal; elsewhere a line for each step and each tenth of
 * a layer, so that a log stays short.
 */
import type { CliContext, PullStep } from "./control.ts";

export interface PullView {
  show(step: PullStep): void;
  /** Leaves the terminal on a line of its own. */
  end(): void;
}

const BAR_CHARS = 24;
const MiB = 1024 ** 2;

export function createPullView({ redraw, write }: Pick<CliContext, "redraw" | "write">): PullView {
  let last = "";
  return {
    show({ status, layer }) {
      if (redraw !== null) return redraw(layer === null ? status : `${status} ${barOf(layer)}`);
      const line = layer === null ? status : `${status} ${tenth(layer)} % of ${sizeOf(layer.total)}`;
      if (line !== last) write(line);
      last = line;
    },
    end() {
      redraw?.(null);
    },
  };
}

type Layer = NonNullable<PullStep["layer"]>;

function barOf(layer: Layer): string {
  const part = partOf(layer);
  const filled = Math.round(part * BAR_CHARS);
  const bar = "█".repeat(filled) + "░".repeat(BAR_CHARS - filled);
  return `${bar} ${String(Math.floor(part * 100)).padStart(3)} % of ${sizeOf(layer.total)}`;
}

function tenth(layer: Layer): number {
  return Math.floor(partOf(layer) * 10) * 10;
}

function partOf({ completed, total }: Layer): number {
  return total > 0 ? Math.min(1, Math.max(0, completed / total)) : 1;
}

function sizeOf(bytes: number): string {
  return bytes >= 1_024 * MiB ? `${(bytes / 1_024 / MiB).toFixed(1)} GiB` : `${(bytes / MiB).toFixed(1)} MiB`;
}
