/**
 * What a model's card says (`/api/show`), as far as it decides how the model is asked. Pure.
 *
 * Keys of `model_info` are named after the architecture: `llama.context_length`. Whatever a card lacks is null, and
 * never guessed to be small. https://docs.ollama.com/api/show
 */
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import type { ThinkingLevel } from "#host/base/thinking.ts";

export interface OllamaCard {
  /** Tokens that the model was made for. */
  readonly contextLength: number | null;
  /** `PARAMETER num_ctx` of its Modelfile: what its author chose. */
  readonly modelfileContext: number | null;
  /** Bytes of memory that each token of context takes. */
  readonly bytesPerToken: number | null;
  readonly canChat: boolean;
  readonly supportsTools: boolean;
  readonly supportsImages: boolean;
  /** Empty for a model that does not think. */
  readonly thinkingLevels: readonly ThinkingLevel[];
}

/** Keys and values are kept as 16-bit numbers unless the owner of the server chose fewer. */
const BYTES_PER_NUMBER = 2;

/** `shown` is the answer of `/api/show`; a server too old to tell capabilities is taken at its best. */
export function readCard(name: string, shown: unknown): OllamaCard {
  const card = isJsonObject(shown) ? shown : {};
  const info = isJsonObject(card.model_info) ? card.model_info : {};
  const told = Array.isArray(card.capabilities);
  const can = new Set<JsonValue>(
    Array.isArray(card.capabilities) ? card.capabilities : ["completion", "tools"],
  );
  return {
    contextLength: numberAt(info, ".context_length"),
    modelfileContext: modelfileContext(card.parameters),
    bytesPerToken: bytesPerToken(info),
    canChat: can.has("completion") && (told || !/embed|bert/i.test(name)),
    supportsTools: can.has("tools"),
    supportsImages: can.has("vision"),
    thinkingLevels: can.has("thinking") ? levelsOf(info) : [],
  };
}

/** gpt-oss has three levels and cannot be told not to think; the others think or do not. */
function levelsOf(info: JsonObject): readonly ThinkingLevel[] {
  const family = String(info["general.architecture"] ?? "");
  return /^gpt-?oss$/.test(family) ? ["low", "medium", "high"] : ["off", "low"];
}

/** The keys and values that attention keeps of a token: one number of keys a layer, or a list of them. */
function bytesPerToken(info: JsonObject): number | null {
  const layers = numberAt(info, ".block_count");
  const heads = numberAt(info, ".attention.head_count");
  const width = numberAt(info, ".embedding_length");
  const headWidth = width !== null && heads !== null && heads > 0 ? width / heads : null;
  const keys = numberAt(info, ".attention.key_length") ?? headWidth;
  const values = numberAt(info, ".attention.value_length") ?? headWidth;
  if (layers === null || keys === null || values === null) return null;
  const written = valueAt(info, ".attention.head_count_kv");
  const perLayer = Array.isArray(written) ? written.filter((one) => typeof one === "number") : null;
  const kept =
    perLayer?.reduce((sum, one) => sum + one, 0) ??
    layers * (numberAt(info, ".attention.head_count_kv") ?? heads ?? 0);
  const bytes = kept * (keys + values) * BYTES_PER_NUMBER;
  return bytes > 0 ? bytes : null;
}

/** `parameters` is text, a parameter a line: `num_ctx    8192`. */
function modelfileContext(parameters: JsonValue | undefined): number | null {
  const found = typeof parameters === "string" ? /^num_ctx\s+(\d+)\s*$/m.exec(parameters)?.[1] : undefined;
  return found === undefined ? null : Number(found);
}

/** The architecture's own entry goes before that of its vision or audio part: `clip.vision.block_count`. */
function valueAt(info: JsonObject, suffix: string): JsonValue | undefined {
  const architecture = info["general.architecture"];
  if (typeof architecture === "string" && `${architecture}${suffix}` in info)
    return info[`${architecture}${suffix}`];
  return Object.entries(info).find(([key]) => key.endsWith(suffix) && !/\.(vision|audio)\./.test(key))?.[1];
}

function numberAt(info: JsonObject, suffix: string): number | null {
  const value = valueAt(info, suffix);
  return typeof value === "number" && value > 0 ? value : null;
}
