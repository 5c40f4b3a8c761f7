/** What the page must fetch anew because of an event. Bursts are joined into one request. */
import type { Actions } from "./actions/actions.ts";
import type { AppState } from "./state/app-state.ts";
import type { Store } from "./state/store.ts";
import type { ChatEvent } from "./wire.ts";

const BURST_MS = 300;

export type Follow = (event: string, payload: unknown, before: AppState) => void;

export function followEvents(store: Store, actions: Actions): Follow {
  const reloadSessions = joined(() => void actions.reloadSessions());
  const checkHealth = joined(() => void actions.checkHealth());
  const reloadPlugins = joined(() => void actions.reloadPlugins());

  function onChat(event: ChatEvent, before: AppState): void {
    if (event.state === "delta" || event.state === "status") return;
    reloadSessions();
    checkHealth();
    const answer = before.transcript.live.find(
      (entry) => entry.kind === "answer" && entry.runId === event.runId,
    );
    const missedSome = answer?.kind === "answer" && answer.partial;
    if (missedSome && event.sessionKey === store.get().sessionKey) void actions.loadNewest();
  }

  return (event, payload, before) => {
    if (event === "chat") onChat(payload as ChatEvent, before);
    else if (event === "plugins.changed") reloadPlugins();
    else if (event === "sessions.changed") reloadSessions();
    else if (event === "health") checkHealth();
  };
}

function joined(run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, BURST_MS);
  };
}
