/** What `page.ticket` answers. */

/** An address that opens the page signed in, once. The ticket stands in the fragment, which no server sees. */
export interface PageAddress {
  readonly url: string;
  readonly ticket: string;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}
