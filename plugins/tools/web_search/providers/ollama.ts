/** Ollama's web search: https://docs.ollama.com/capabilities/web-search */
import * as v from "valibot";
import { oneLine } from "../plain.ts";
import { ask, type Provider } from "../provider.ts";

const Answer = v.object({
  results: v.array(v.object({ title: v.string(), url: v.string(), content: v.optional(v.string(), "") })),
});

export const ollama: Provider = {
  ignores: ["freshness", "region"],
  async search({ text, count }, { baseUrl, signal, key }) {
    const response = await ask(`${baseUrl ?? "https://ollama.com"}/api/web_search`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${await key("ollamaApiKey")}` },
      body: JSON.stringify({ query: text, max_results: count }),
      signal,
    });
    const { results } = v.parse(Answer, await response.json());
    return results.map(({ title, url, content }) => ({
      title: oneLine(title),
      url,
      snippet: oneLine(content),
    }));
  },
};
