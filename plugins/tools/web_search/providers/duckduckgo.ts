/**
 * DuckDuckGo's page for browsers without scripts. It needs no key, and it is no API: what it looks like is not promised,
 * and it asks whoever asks often to prove that they are human.
 */
import { Parser } from "htmlparser2";
import { oneLine } from "../plain.ts";
import { ask, type Provider, type SearchResult } from "../provider.ts";

export const duckduckgo: Provider = {
  ignores: [],
  async search({ text, freshness, region }, { baseUrl, signal }) {
    const body = new URLSearchParams({ q: text });
    if (freshness !== null) body.set("df", freshness.slice(0, 1));
    if (region !== null) body.set("kl", `${region.country}-${region.language}`);
    const response = await ask(`${baseUrl ?? "https://html.duckduckgo.com"}/html/`, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "user-agent": "Mozilla/5.0 (OpenClaw Edge)",
      },
      body: body.toString(),
      signal,
    });
    const html = await response.text();
    const results = resultsIn(html);
    if (results.length === 0 && /anomaly|challenge-form/i.test(html))
      throw new Error("it blocks this machine for now: it asks for a proof of being human");
    if (results.length === 0 && !/no-results|No results/i.test(html))
      throw new Error("its page is not as it was: no results are found in it");
    return results;
  },
};

type Part = "title" | "snippet";

/** A link of the class `result__a` starts a result, what has `result__snippet` belongs to it. Advertisements lead elsewhere. */
export function resultsIn(html: string): SearchResult[] {
  const found: { url: string; title: string; snippet: string }[] = [];
  let within: { readonly part: Part; readonly depth: number } | null = null;
  let depth = 0;
  const parser = new Parser({
    onopentag(name, { class: classes = "", href = "" }) {
      depth++;
      const names = classes.split(/\s+/);
      const url = name === "a" && names.includes("result__a") ? targetOf(href) : null;
      if (url !== null) {
        found.push({ url, title: "", snippet: "" });
        within = { part: "title", depth };
      } else if (names.includes("result__snippet")) within = { part: "snippet", depth };
    },
    onclosetag() {
      if (within?.depth === depth) within = null;
      depth--;
    },
    ontext(text) {
      const last = found.at(-1);
      if (within !== null && last !== undefined) last[within.part] += text;
    },
  });
  parser.end(html);
  return found.map(({ url, title, snippet }) => ({ url, title: oneLine(title), snippet: oneLine(snippet) }));
}

/** Links go by way of `/l/?uddg=ADDRESS`; those of advertisements by way of `/y.js`. */
function targetOf(href: string): string | null {
  const url = URL.parse(href, "https://duckduckgo.com");
  if (url === null || url.pathname === "/y.js") return null;
  return url.searchParams.get("uddg") ?? url.href;
}
