/**
 * Which models an Ollama server has, and what each can do.
 *
 * `/api/tags` is asked every time; `/api/show` once for each version of a model (by digest), a few at a
 * time and the newest first; a model that no look had time for yet is guessed. Models that cannot chat
 * (embeddings) are left out.
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

  const describe = async (client: Ollama, tag: ModelResponse): Promise<void> => {
    described.set(keyOf(tag), toModelInfo(tag.name, await client.show({ model: tag.name })));
  };

  return {
    async list(client) {
      const { models } = await client.list();
      const newestFirst = models.toSorted((a, b) => modifiedAt(b) - modifiedAt(a));
      const unknown = newestFirst.filter((tag) => !described.has(keyOf(tag))).slice(0, MODEL.describedAtOnce);
      await inParallel(unknown, MODEL.describedInParallel, (tag) => describe(client, tag));
      const infos = newestFirst.map((tag) => {
        const info = described.get(keyOf(tag));
        return info === undefined ? toModelInfo(tag.name, {}) : info;
      });
      const usable = infos.filter((info) => info !== null);
      byId = new Map(usable.map((info) => [info.id, info]));
      return usable;
    },
    known: (model) => byId.get(model) ?? byId.get(`${model}:latest`) ?? null,
  };
}

function keyOf(tag: ModelResponse): string {
  return `${tag.name}@${tag.digest}`;
}

function modifiedAt(tag: ModelResponse): number {
  return Date.parse(String(tag.modified_at)) || 0;
}

/** Null for a model that cannot chat. A server too old to tell capabilities is taken at its best. */
function toModelInfo(name: string, shown: Partial<ShowResponse>): ModelInfo | null {
  const can = new Set(shown.capabilities ?? ["completion", "tools"]);
  if (!can.has("completion") || (shown.capabilities === undefined && /embed|bert/i.test(name))) return null;
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

async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}
