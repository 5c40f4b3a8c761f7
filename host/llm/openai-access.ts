/**
 * What OpenAI's two APIs share: the address, the key's header, the list of models.
 *
 * The list tells names alone; those that cannot chat are told by them.
 */
import { asHostError } from "#host/base/errors.ts";
import { isJsonObject } from "#host/base/json.ts";
import { asUnreachable, openExchange, type ModelServer } from "./exchange.ts";
import { withKeys, type KeyRing } from "./keys.ts";
import { openAiLevels } from "./openai-reasoning.ts";
import type { ModelInfo, ModelProvider } from "./provider.ts";

export interface OpenAiOptions {
  /** `openai`, `lmstudio`, or the name that the owner gave it. */
  readonly id: string;
  /** For people: `LM Studio`. */
  readonly name: string;
  /** Base URL with its path: `https://api.openai.com/v1`. */
  readonly address: string;
  readonly startFix: string;
  /** Asked for each request; null where no key is needed. */
  readonly keys: KeyRing | null;
  readonly fetch?: ModelServer["fetch"];
  readonly limits?: ModelServer["limits"];
}

export interface OpenAiAccess extends Pick<ModelProvider, "listModels"> {
  /** Without a slash at its end. */
  readonly address: string;
  readonly server: ModelServer;
  headers(secret: string): Record<string, string>;
}

export function createOpenAiAccess(options: OpenAiOptions): OpenAiAccess {
  const address = options.address.replace(/\/+$/, "");
  const server: ModelServer = {
    label: `${options.name} at ${address}`,
    aliveUrl: `${address}/models`,
    startFix: options.startFix,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  };
  const headers = (secret: string): Record<string, string> => ({
    "content-type": "application/json",
    ...(secret === "" ? {} : { authorization: `Bearer ${secret}` }),
  });
  const listWith = async (secret: string, signal: AbortSignal): Promise<ModelInfo[]> => {
    const exchange = openExchange(server, signal);
    exchange.hide(secret);
    try {
      const response = await exchange.send(`${address}/models`, { headers: headers(secret) });
      return parseModels(await response.json());
    } catch (thrown) {
      throw exchange.explain(thrown);
    } finally {
      exchange.close();
    }
  };
  return {
    address,
    server,
    headers,
    async listModels(signal) {
      try {
        return await withKeys(options.keys, (secret) => listWith(secret, signal));
      } catch (thrown) {
        throw asUnreachable(asHostError(thrown));
      }
    },
  };
}

/** OpenAI's models that take images, by their names. */
const SEEING = /^(gpt-4o|gpt-4\.1|gpt-[5-9]|o[1-9])/i;

/** Neither OpenAI nor LM Studio says here what a model can do; those that cannot chat are told by their names. */
function parseModels(body: unknown): ModelInfo[] {
  const entries = isJsonObject(body) && Array.isArray(body.data) ? body.data : [];
  const ids = entries.flatMap((entry) =>
    isJsonObject(entry) && typeof entry.id === "string" ? [entry.id] : [],
  );
  return ids
    .filter(
      (id) => !/embed|whisper|tts|dall-e|image|audio|realtime|moderation|transcribe|sora|rerank/i.test(id),
    )
    .map((id) => ({
      id,
      name: id,
      contextWindow: null,
      supportsTools: true,
      supportsImages: SEEING.test(id),
      reasoning: openAiLevels(id).length > 0,
      ...(openAiLevels(id).length === 0 ? {} : { thinkingLevels: openAiLevels(id) }),
    }));
}
