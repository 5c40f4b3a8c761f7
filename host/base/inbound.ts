/**
 * One HTTP exchange with a plugin's route, as the rooms hand it on: from the listener through the broker to an isolate.
 *
 * Bodies are streams in both directions, pulled by whoever reads; nobody holds one whole.
 */

export type HeaderLines = readonly (readonly [string, string])[];

/** A request for `/plugin/<plugin>[/@<account>]<path>`, with what the gateway keeps for itself taken out. */
export interface InboundRequest {
  readonly plugin: string;
  /** The account that the address names; null if none. */
  readonly account: string | null;
  readonly method: string;
  /** As it stands in the URL, from the plugin's root on. */
  readonly path: string;
  /** With the plugin's own root as `/`, and the query. */
  readonly url: string;
  /** Address of that root as the caller wrote it. */
  readonly base: string;
  readonly headers: HeaderLines;
  /** What its head announces; null if that says nothing. */
  readonly contentLength: number | null;
  /** A web page of another origin than the gateway's sent it. */
  readonly fromOtherOrigin: boolean;
  readonly body: AsyncIterable<Uint8Array> | null;
  /** Fires when the client has gone. */
  readonly signal: AbortSignal;
}

export interface InboundAnswer {
  readonly status: number;
  readonly headers: HeaderLines;
  /** Read to its end or let go by `return`. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Why a plugin did not get a request, or did not answer it. `reason` is for the owner; its caller hears less. */
export interface InboundRefusal {
  readonly status: 401 | 403 | 404 | 405 | 408 | 413 | 429 | 500 | 502 | 503 | 504;
  readonly reason: string;
  /** For 405. */
  readonly allow?: readonly string[];
  /** For 429 and 503. */
  readonly retryAfterMs?: number;
}

export type InboundOutcome =
  | { readonly ok: true; readonly answer: InboundAnswer }
  | { readonly ok: false; readonly refusal: InboundRefusal };
