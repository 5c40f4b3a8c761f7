/**
 * How the page gets its cookie: by the one-time ticket in the address, or by the token that a person pastes.
 *
 * The ticket is taken out of the address bar and the history before anything else happens, so that it can
 * be neither bookmarked nor shared. The token is sent once, in a body, and kept nowhere.
 */

export type SignIn = { readonly ok: true } | { readonly ok: false; readonly problem: string };

const FRAGMENT_TICKET = "ticket";
const FRAGMENT_SESSION = "session";

/** What the fragment asks for. Reading removes a ticket from it. */
export function takeFragment(): { readonly ticket: string | null; readonly sessionKey: string | null } {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const ticket = fragment.get(FRAGMENT_TICKET);
  const sessionKey = fragment.get(FRAGMENT_SESSION);
  if (ticket !== null) history.replaceState(null, "", location.pathname);
  return { ticket, sessionKey };
}

/** Shows in the address which session is open, without adding to the history. */
export function rememberSession(key: string): void {
  history.replaceState(null, "", `#${new URLSearchParams({ [FRAGMENT_SESSION]: key }).toString()}`);
}

export function signInWithTicket(ticket: string): Promise<SignIn> {
  return post("/auth/ticket", { ticket }, "This address was used already or has expired.");
}

export function signInWithToken(token: string): Promise<SignIn> {
  return post("/auth/token", { token }, "This is not the gateway's token.");
}

async function post(path: string, body: object, refusal: string): Promise<SignIn> {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) return { ok: true };
    if (response.status === 429)
      return { ok: false, problem: "Too many tries. Wait a minute, then try again." };
    return { ok: false, problem: refusal };
  } catch {
    return { ok: false, problem: "The gateway does not answer. Is it still running?" };
  }
}

export async function signOut(): Promise<void> {
  await fetch("/auth/logout", { method: "POST" }).catch(() => undefined);
}
