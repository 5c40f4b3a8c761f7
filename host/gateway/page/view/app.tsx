/** The page: sign-in screen, or sidebar, conversation and panels. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "hono/jsx/dom";
import type { Actions } from "../actions/actions.ts";
import type { AppState } from "../state/app-state.ts";
import type { Store } from "../state/store.ts";
import { runningRunIds } from "../state/transcript.ts";
import { Announcer } from "./announcer.tsx";
import { ApprovalCards } from "./approval-cards.tsx";
import { Banners, Notices } from "./banners.tsx";
import { COMPOSER_ID, Composer } from "./composer.tsx";
import { Icon } from "./icons.tsx";
import { PluginsPanel } from "./plugins-panel.tsx";
import { SessionDialog } from "./session-dialog.tsx";
import { titleOf } from "./session-title.ts";
import { type Panel, Sidebar } from "./sidebar.tsx";
import { SignInScreen } from "./sign-in-screen.tsx";
import { StatusPanel } from "./status-panel.tsx";
import { TranscriptView } from "./transcript-view.tsx";

export interface AppProps {
  readonly store: Store;
  readonly actions: Actions;
  readonly onSignedIn: () => void;
  readonly onSignOut: () => void;
  readonly onRetry: () => void;
}

export function App({ store, actions, onSignedIn, onSignOut, onRetry }: AppProps) {
  const state = useSyncExternalStore(store.subscribe, store.get);
  if (state.access.phase === "checking") {
    return (
      <main aria-busy="true">
        <Banners link={state.link} readiness={null} onRetry={onRetry} />
      </main>
    );
  }
  if (state.access.phase === "signed-out") {
    return <SignInScreen problem={state.access.problem} onSignedIn={onSignedIn} />;
  }
  return <Desk state={state} actions={actions} onSignOut={onSignOut} onRetry={onRetry} />;
}

interface DeskProps extends Pick<AppProps, "actions" | "onSignOut" | "onRetry"> {
  readonly state: AppState;
}

function Desk({ state, actions, onSignOut, onRetry }: DeskProps) {
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const [listOpen, setListOpen] = useState(false);
  // Stable, so that a token does not draw the whole list of sessions again.
  const closeList = useCallback(() => setListOpen(false), []);
  const openPanel = useCallback((kind: Panel) => setOverlay({ kind }), []);
  const editSession = useCallback((key: string) => setOverlay({ kind: "session", key }), []);
  useListDrawer(listOpen, closeList);
  return (
    <div class={`app ${listOpen ? "list-open" : ""}`}>
      <a class="skip" href={`#${COMPOSER_ID}`} onClick={focusComposer}>
        Skip to the message field
      </a>
      <Sidebar
        sessions={state.sessions}
        unread={state.unread}
        sessionKey={state.sessionKey}
        waitingPlugins={state.plugins.filter((plugin) => plugin.standing === "waiting").length}
        troubled={isTroubled(state)}
        actions={actions}
        onPanel={openPanel}
        onSession={editSession}
        onDone={closeList}
      />
      <button type="button" class="scrim" tabIndex={-1} aria-hidden="true" onClick={closeList} />
      <main class="main" inert={listOpen}>
        <Head state={state} listOpen={listOpen} onList={() => setListOpen(true)} />
        <Banners link={state.link} readiness={state.readiness} onRetry={onRetry} />
        <TranscriptView transcript={state.transcript} sessionKey={state.sessionKey} actions={actions} />
        <Dock state={state} actions={actions} />
      </main>
      <Announcer transcript={state.transcript} approvals={state.approvals} />
      <Notices notices={state.notices} actions={actions} />
      {overlay !== null && (
        <OverlayView
          overlay={overlay}
          state={state}
          actions={actions}
          onClose={() => setOverlay(null)}
          onSignOut={onSignOut}
        />
      )}
    </div>
  );
}

function Dock({ state, actions }: { state: AppState; actions: Actions }) {
  return (
    <div class="dock">
      <ApprovalCards approvals={state.approvals} actions={actions} />
      <Composer
        running={runningRunIds(state.transcript).length > 0}
        connected={state.link.phase === "open"}
        sessionKey={state.sessionKey}
        actions={actions}
      />
    </div>
  );
}

type Overlay = { readonly kind: Panel } | { readonly kind: "session"; readonly key: string };

interface OverlayProps {
  readonly overlay: Overlay;
  readonly state: AppState;
  readonly actions: Actions;
  readonly onClose: () => void;
  readonly onSignOut: () => void;
}

function OverlayView({ overlay, state, actions, onClose, onSignOut }: OverlayProps) {
  switch (overlay.kind) {
    case "plugins":
      return <PluginsPanel plugins={state.plugins} actions={actions} onClose={onClose} />;
    case "status":
      return <StatusPanel state={state} onClose={onClose} onSignOut={onSignOut} />;
    case "session": {
      const title = sessionTitle(state, overlay.key);
      return <SessionDialog sessionKey={overlay.key} title={title} actions={actions} onClose={onClose} />;
    }
  }
}

/** On a narrow screen the list covers the page: it takes the focus, and gives it back when it closes. */
function useListDrawer(open: boolean, close: () => void): void {
  const wasOpen = useRef(false);
  useEffect(() => {
    if (open) document.querySelector<HTMLElement>(".brand button")?.focus();
    else if (wasOpen.current === true) document.querySelector<HTMLElement>(".head button")?.focus();
    wasOpen.current = open;
  }, [open]);
  useEffect(() => {
    const wide = matchMedia("(min-width: 761px)");
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") close();
    };
    addEventListener("keydown", onKey);
    wide.addEventListener("change", close);
    return () => {
      removeEventListener("keydown", onKey);
      wide.removeEventListener("change", close);
    };
  }, []);
}

interface HeadProps {
  readonly state: AppState;
  readonly listOpen: boolean;
  readonly onList: () => void;
}

const CHOSEN = "Chosen for this conversation by /model";

function Head({ state, listOpen, onList }: HeadProps) {
  const model = state.readiness?.model;
  const row = state.sessions.find(({ key }) => key === state.sessionKey);
  return (
    <header class="head">
      <button
        type="button"
        class="icon-button narrow-only"
        aria-label="Sessions"
        aria-expanded={listOpen ? "true" : "false"}
        onClick={onList}
      >
        <Icon name="menu" />
      </button>
      <h1>{sessionTitle(state, state.sessionKey)}</h1>
      {model !== undefined && (
        <span class="model" title={row?.modelOverrideSource === "user" ? CHOSEN : model.why}>
          {row?.model ?? model.model}
          {row !== undefined && row.thinkingLevel !== null && ` · thinking ${row.thinkingLevel}`}
        </span>
      )}
    </header>
  );
}

function sessionTitle(state: AppState, key: string): string {
  return titleOf(
    key,
    state.sessions.find((row) => row.key === key),
  );
}

function isTroubled({ link, readiness }: AppState): boolean {
  if (link.phase === "lost" || readiness === null) return link.phase === "lost";
  const modelDown = readiness.model.problem !== null || !readiness.model.reachable;
  return modelDown || readiness.walls.some((wall) => wall.state === "missing");
}

/** The fragment holds the session, so the link must not change it. */
function focusComposer(event: Event): void {
  event.preventDefault();
  document.getElementById(COMPOSER_ID)?.focus();
}
