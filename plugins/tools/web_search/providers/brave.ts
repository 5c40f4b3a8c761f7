/** Brave's Web Search API: https://api-dashboard.search.brave.com/app/documentation/web-search */
import * as v from "valibot";
import { plain } from "../plain.ts";
import { ask, type Provider } from "../provider.ts";

const FRESHNESS = { day: "pd", week: "pw", month: "pm", year: "py" };
const Entry = v.object({
  title: v.string(),
  url: v.string(),
  description: v.optional(v.string(), ""),
  age: v.optional(v.string()),
});
const Answer = v.object({ web: v.optional(v.object({ results: v.array(Entry) })) });

export const brave: Provider = {
  ignores: [],
  async search({ text, count, freshness, region }, { baseUrl, signal, key }) {
    const parameters = new URLSearchParams({ q: text, count: String(count) });
    if (freshness !== null) parameters.set("freshness", FRESHNESS[freshness]);
    if (region !== null) {
      parameters.set("country", region.country.toUpperCase());
      parameters.set("search_lang", region.language);
    }
    const headers = { accept: "application/json", "x-subscription-token": await key("braveApiKey") };
    const host = baseUrl ?? "https://api.search.brave.com";
    const response = await ask(`${host}/res/v1/web/search?${parameters}`, { headers, signal });
    const { web } = v.parse(Answer, await response.json());
    return (web?.results ?? []).map(({ title, url, description, age }) => ({
      title: plain(title),
      url,
      snippet: `${plain(description)}${age === undefined ? "" : ` (${plain(age)})`}`,
    }));
  },
};
