/** A SearXNG that the owner runs, with `json` among its `search.formats`: https://docs.searxng.org/dev/search_api.html */
import * as v from "valibot";
import { oneLine } from "../plain.ts";
import { ask, type Provider } from "../provider.ts";

const Answer = v.object({
  results: v.array(
    v.object({ title: v.string(), url: v.string(), content: v.optional(v.nullable(v.string())) }),
  ),
});

export const searxng: Provider = {
  ignores: [],
  async search({ text, freshness, region }, { baseUrl, signal }) {
    if (baseUrl === null)
      throw new Error("no address: set plugins.entries.web_search.config.searxng.baseUrl");
    const parameters = new URLSearchParams({ q: text, format: "json" });
    if (freshness !== null) parameters.set("time_range", freshness);
    if (region !== null) parameters.set("language", `${region.language}-${region.country.toUpperCase()}`);
    const response = await ask(`${baseUrl}/search?${parameters}`, {
      headers: { accept: "application/json" },
      signal,
    });
    const { results } = v.parse(Answer, await response.json());
    return results.map(({ title, url, content }) => ({
      title: oneLine(title),
      url,
      snippet: oneLine(content ?? ""),
    }));
  },
};
