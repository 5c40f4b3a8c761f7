/**
 * Accounts of channels, as the rest of the host names them: one account of one plugin is a group of its own, with a
 * process, an isolate and a storage that it shares with nobody.
 *
 * Pure. Its name stands where a session's stands; a session's key always begins with `agent:`, so that neither can be
 * taken for the other.
 */

export interface AccountName {
  readonly plugin: string;
  /** As the owner called it, for example `default`. */
  readonly account: string;
}

/** What an account may be called: safe in an address, a key and a file's name. */
export const ACCOUNT_ID: RegExp = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export function accountKey({ plugin, account }: AccountName): string {
  return `account:${plugin}:${account}`;
}

/** The account that a session's place names; null for a session. */
export function accountIn(session: string | null): string | null {
  const [kind, , account] = session?.split(":") ?? [];
  return kind === "account" ? (account ?? null) : null;
}

/** Where the routes of a plugin run that belong to no account. */
export function routesKey(plugin: string): string {
  return `route:${plugin}`;
}
