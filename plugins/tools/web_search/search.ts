/**
 * One search: the services in the owner's order, until one answers.
 *
 * A service that cannot be asked (no key, no address) or fails is passed over, and told. Throws what each said, if none answers.
 */
import type { Asking, Provider, Query, SearchResult } from "./provider.ts";
import { brave } from "./providers/brave.ts";
import { duckduckgo } from "./providers/duckduckgo.ts";
import { ollama } from "./providers/ollama.ts";
import { searxng } from "./providers/searxng.ts";

const PROVIDERS: Readonly<Record<string, Provider>> = { brave, ollama, searxng, duckduckgo };
const DEFAULT_ORDER: readonly string[] = ["brave", "ollama", "searxng", "duckduckgo"];
const PROVIDER_MS = 12_000;

export interface Answer {
  readonly provider: string;
  readonly results: readonly SearchResult[];
  /** Those that were tried before, each with its reason. */
  readonly passedOver: readonly string[];
  /** What of the query the service does not take. */
  readonly ignored: readonly string[];
}

export interface Owner {
  readonly config: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly key: Asking["key"];
}

export async function search(query: Query, { config, signal, key }: Owner): Promise<Answer> {
  const order = (config.order as readonly string[] | undefined) ?? DEFAULT_ORDER;
  const passedOver: string[] = [];
  for (const name of order) {
    const provider = PROVIDERS[name];
    if (provider === undefined) continue;
    const asking = { baseUrl: baseUrlOf(config[name]), key, signal: withTime(signal) };
    try {
      const results = await provider.search(query, asking);
      const ignored = provider.ignores.filter((each) => query[each] !== null);
      return { provider: name, results: results.filter(isWeb).slice(0, query.count), passedOver, ignored };
    } catch (error) {
      signal.throwIfAborted();
      passedOver.push(`${name}: ${reasonOf(error)}`);
    }
  }
  throw new Error(`No search service answered. ${passedOver.join("; ")}`);
}

function withTime(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(PROVIDER_MS)]);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${PROVIDER_MS / 1000} s`;
  return error.name === "ValiError" || error.name === "SyntaxError"
    ? "its answer is not what its documentation says"
    : withFix(error);
}

/** What the host refused says what to do. */
function withFix(error: Error & { readonly fix?: string }): string {
  return error.fix === undefined ? error.message : `${error.message}. ${error.fix}`;
}

function isWeb({ url }: SearchResult): boolean {
  return /^https?:\/\//.test(url);
}

function baseUrlOf(settings: unknown): string | null {
  const { baseUrl } = (settings ?? {}) as { readonly baseUrl?: string };
  return baseUrl === undefined ? null : baseUrl.replace(/\/+$/, "");
}
