/**
 * Which models an Ollama server has, and what each can do.
 *
 * `/api/tags` is asked every time; `/api/show` once for each version of a model (by digest), a few at a
 * time. Newest first. Models that cannot chat (embeddings) are left out.
 */
import { MODEL } from "#host/base/limits.ts";
import type { ModelResponse, Ollama, ShowResponse } from "ollama/browser";
import type { ModelInfo } from "./provider.ts";

export interface OllamaModels {
  list(client: Ollama): Promise<ModelInfo[]>;
  /** What was learnt of a model by an earlier `list`; null if nothing was. */
  known(model: string): ModelInfo | null;
}

export function createOllamaModels(): OllamaModels {
  const described = new Map<string, ModelInfo | null>();
  let byId = new Map<string, ModelInfo>();

  const describe = async (client: Ollama, tag: ModelResponse): Promise<ModelInfo | null> => {
    const key = `${tag.name}@${tag.digest}`;
    const known = described.get(key);
    if (known !== undefined) return known;
    const info = toModelInfo(tag.name, await client.show({ model: tag.name }));
    described.set(key, info);
    return info;
  };

  return {
    async list(client) {
      const { models } = await client.list();
      const newestFirst = models.toSorted((a, b) => modifiedAt(b) - modifiedAt(a));
      const infos = await inParallel(newestFirst, MODEL.describedInParallel, (tag) => describe(client, tag));
      const usable = infos.filter((info) => info !== null);
      byId = new Map(usable.map((info) => [info.id, info]));
      return usable;
    },
    known: (model) => byId.get(model) ?? byId.get(`${model}:latest`) ?? null,
  };
}

function modifiedAt(tag: ModelResponse): number {
  return Date.parse(String(tag.modified_at)) || 0;
}

/** Null for a model that cannot chat. A server too old to tell capabilities is taken at its best. */
function toModelInfo(name: string, shown: ShowResponse): ModelInfo | null {
  const told = Array.isArray(shown.capabilities);
  const can = new Set(told ? shown.capabilities : ["completion", "tools"]);
  if (!can.has("completion") || (!told && /embed|bert/i.test(name))) return null;
  return {
    id: name,
    name,
    contextWindow: contextLength(shown.model_info),
    supportsTools: can.has("tools"),
    supportsImages: can.has("vision"),
    reasoning: can.has("thinking"),
  };
}

/** `model_info` names it after the architecture: `llama.context_length`. */
function contextLength(modelInfo: unknown): number | null {
  const entries = Object.entries((modelInfo ?? {}) as Record<string, unknown>);
  const found = entries.find(([key]) => key.endsWith(".context_length"))?.[1];
  return typeof found === "number" ? found : null;
}

async function inParallel<In, Out>(
  items: readonly In[],
  width: number,
  work: (item: In) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = new Array(items.length);
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
