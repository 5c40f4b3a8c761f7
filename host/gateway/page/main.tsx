/** Starts the page: takes the ticket, signs in, opens the line, and shows what comes. */
import { render } from "hono/jsx/dom";
import { createActions } from "./actions/actions.ts";
import { createLink } from "./link.ts";
import { rememberSession, signInWithTicket, signOut, takeFragment } from "./sign-in.ts";
import { initialState, MAIN_SESSION } from "./state/app-state.ts";
import { createStore } from "./state/store.ts";
import { followEvents } from "./follow-events.ts";
import { App } from "./view/app.tsx";
import { refusalText } from "./refusals.ts";
import "./style/page.css";

const PAGE_VERSION = "1";
/** Nobody announces that a model server went down, or that the configuration file broke. */
const HEALTH_MS = 30_000;
const GATEWAY_GONE = "It may be restarting, or it was stopped.";

const { ticket, sessionKey } = takeFragment();
const store = createStore(initialState(sessionKey ?? MAIN_SESSION));
let ticketProblem: string | null = null;

const link = createLink({
  open: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`),
  version: PAGE_VERSION,
  events: {
    onConnecting: () => store.dispatch({ type: "link-connecting" }),
    onOpen(hello) {
      store.dispatch({ type: "link-open", hello });
      rememberSession(store.get().sessionKey);
      void actions.resume();
    },
    onEvent(event, payload) {
      const before = store.get();
      store.dispatch({ type: "event", event, payload, now: Date.now() });
      follow(event, payload, before);
    },
    onLost(reason, waitMs) {
      const why = reason === "" ? GATEWAY_GONE : reason;
      store.dispatch({ type: "link-lost", reason: why, retryAt: Date.now() + waitMs });
    },
    onRefused(error) {
      store.dispatch({
        type: "access",
        access: { phase: "signed-out", problem: ticketProblem ?? refusalText(error) },
      });
    },
  },
});
const actions = createActions(store, link);
const follow = followEvents(store, actions);

async function start(): Promise<void> {
  if (ticket !== null) {
    const result = await signInWithTicket(ticket);
    // A used ticket does no harm where the cookie is still good: the line decides.
    ticketProblem = result.ok ? null : result.problem;
  }
  link.start();
}

const root = document.getElementById("root");
if (root !== null) {
  render(
    <App
      store={store}
      actions={actions}
      onSignedIn={() => {
        ticketProblem = null;
        link.start();
      }}
      onSignOut={() => void signOut().then(() => location.reload())}
      onRetry={link.retryNow}
    />,
    root,
  );
  addEventListener("online", link.retryNow);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) link.retryNow();
  });
  setInterval(() => {
    if (!document.hidden && store.get().link.phase === "open") void actions.checkHealth();
  }, HEALTH_MS);
  void start();
}
