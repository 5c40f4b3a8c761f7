/** What a search service is here: one function from a query to results, and the errors that all share. */

export type Freshness = "day" | "week" | "month" | "year";

export interface Query {
  readonly text: string;
  readonly count: number;
  readonly freshness: Freshness | null;
  /** Country and language, as in `de-de`. */
  readonly region: { readonly country: string; readonly language: string } | null;
}

export interface SearchResult {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
}

export interface Asking {
  /** Where the service is, without a slash at the end; null where the owner configured none. */
  readonly baseUrl: string | null;
  readonly signal: AbortSignal;
  /** A stand-in for the key, which the host puts in. Rejects with how to set it. */
  key(name: string): Promise<string>;
}

export interface Provider {
  /** What of a query it cannot take. */
  readonly ignores: readonly ("freshness" | "region")[];
  search(query: Query, asking: Asking): Promise<readonly SearchResult[]>;
}

/** The service's answer, or an error that names what went wrong. */
export async function ask(address: string, init: RequestInit): Promise<Response> {
  const response = await fetch(address, init);
  if (response.ok && response.status !== 202) return response;
  await response.body?.cancel();
  throw new Error(problemOf(response));
}

function problemOf({ status, headers }: Response): string {
  const wait = headers.get("retry-after") ?? headers.get("x-ratelimit-reset")?.split(",")[0];
  if (status === 429) return `rate-limited${wait === undefined ? "" : `, free again after ${wait.trim()} s`}`;
  if (status === 401) return "the key is refused (401)";
  if (status === 403 || status === 202) return `it blocks this machine for now, or the key (${status})`;
  return `it answered ${status}`;
}
