/**
 * Holds the state and tells the view at most once for each frame that the screen shows, however many
 * events came in between. A hidden page is told by timer, because it gets no frames.
 */
import type { Action, AppState } from "./app-state.ts";
import { reduce } from "./reduce.ts";

const HIDDEN_PAGE_MS = 250;

export interface Store {
  get(): AppState;
  dispatch(action: Action): void;
  subscribe(listener: () => void): () => void;
}

export function createStore(initial: AppState, schedule: (run: () => void) => void = onNextFrame): Store {
  const listeners = new Set<() => void>();
  let state = initial;
  let scheduled = false;

  const tell = () => {
    scheduled = false;
    for (const listener of listeners) listener();
  };

  return {
    get: () => state,
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      if (scheduled) return;
      scheduled = true;
      schedule(tell);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function onNextFrame(run: () => void): void {
  if (document.hidden) setTimeout(run, HIDDEN_PAGE_MS);
  else requestAnimationFrame(run);
}
