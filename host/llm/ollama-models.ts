/**
 * Which models an Ollama server has, and what each can do.
 *
 * `/api/tags` is asked every time; `/api/show` once for each version of a model (by digest), a few at a
 * time and the newest first; a model that no look had time for yet is guessed, and described before its first call.
 * Models that cannot chat (embeddings) are left out.
 */
import { MODEL } from "#host/base/limits.ts";
import type { ModelResponse, Ollama } from "ollama/browser";
import { contextSize, type ContextSize } from "./context-size.ts";
import { readCard, type OllamaCard } from "./ollama-card.ts";
import type { ModelInfo } from "./provider.ts";

export interface OllamaModel {
  readonly info: ModelInfo;
  readonly size: ContextSize;
}

export interface OllamaModels {
  list(client: Ollama): Promise<ModelInfo[]>;
  /** Asks the server for the card of a model that no `list` has described; null where it tells none. */
  describe(client: Ollama, model: string): Promise<OllamaModel | null>;
}

export interface OllamaModelsOptions {
  /** Of the machine that the server runs on; null where that is another one. */
  readonly memoryBytes: number | null;
  /** The owner's own number of tokens for a model; null for none. */
  readonly configuredContext: (model: string) => number | null;
}

type Tag = Pick<ModelResponse, "name" | "digest" | "size" | "modified_at">;

export function createOllamaModels(options: OllamaModelsOptions): OllamaModels {
  const cards = new Map<string, OllamaCard>();
  let byName = new Map<string, OllamaModel>();

  const ask = async (client: Ollama, tag: Tag): Promise<void> => {
    cards.set(keyOf(tag), readCard(tag.name, await client.show({ model: tag.name })));
  };
  const modelOf = (tag: Tag): OllamaModel | null => {
    const card = cards.get(keyOf(tag)) ?? null;
    return toModel(tag, card, { ...options, configured: options.configuredContext(tag.name) });
  };

  return {
    async list(client) {
      const { models } = await client.list();
      const newestFirst: Tag[] = models.toSorted((a, b) => modifiedAt(b) - modifiedAt(a));
      const unknown = newestFirst.filter((tag) => !cards.has(keyOf(tag))).slice(0, MODEL.describedAtOnce);
      await inParallel(unknown, MODEL.describedInParallel, (tag) => ask(client, tag));
      const usable = newestFirst.flatMap((tag) => modelOf(tag) ?? []);
      const described = newestFirst.filter((tag) => cards.has(keyOf(tag)));
      byName = new Map(described.flatMap((tag) => [[tag.name, modelOf(tag)] as const]).filter(isUsable));
      return usable.map(({ info }) => info);
    },
    async describe(client, model) {
      const known = byName.get(model) ?? byName.get(`${model}:latest`);
      if (known !== undefined) return known;
      const { models } = await client.list();
      const bare: Tag = { name: model, digest: "", size: 0, modified_at: new Date(0) };
      const tag = models.find(({ name }) => name === model || name === `${model}:latest`) ?? bare;
      await ask(client, tag);
      const found = modelOf(tag);
      if (found !== null) byName.set(model, found);
      return found;
    },
  };
}

function isUsable(entry: readonly [string, OllamaModel | null]): entry is readonly [string, OllamaModel] {
  return entry[1] !== null;
}

function keyOf(tag: Tag): string {
  return `${tag.name}@${tag.digest}`;
}

function modifiedAt(tag: Tag): number {
  return Date.parse(String(tag.modified_at)) || 0;
}

interface Machine {
  readonly memoryBytes: number | null;
  readonly configured: number | null;
}

/** Null for a model that cannot chat. One without a card is taken at its best. */
function toModel(
  { name, size: weightBytes }: Tag,
  card: OllamaCard | null,
  machine: Machine,
): OllamaModel | null {
  const { canChat, supportsTools, supportsImages, thinkingLevels, contextLength } =
    card ?? readCard(name, null);
  if (!canChat) return null;
  const size = contextSize({ card, weightBytes, ...machine });
  const info: ModelInfo = {
    id: name,
    name,
    contextWindow: contextLength,
    contextTokens: size.most,
    supportsTools,
    supportsImages,
    reasoning: thinkingLevels.length > 0,
    ...(thinkingLevels.length === 0 ? {} : { thinkingLevels }),
  };
  return { info, size };
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
