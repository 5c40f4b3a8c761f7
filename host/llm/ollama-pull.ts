/**
 * A model downloaded by Ollama, told as it comes.
 *
 * The server does the work and keeps what it has, also when this is stopped: the same pull goes on from there. Throws
 * a HostError that says what is in the way: no server, no model of that name, no room on the disk, a line that broke.
 * https://docs.ollama.com/api/pull
 */
import { HostError } from "#host/base/errors.ts";
import { MODEL } from "#host/base/limits.ts";
import { openExchange } from "./exchange.ts";
import { createNdjsonCheck } from "./ndjson.ts";
import { ollamaClient, ollamaServer, type OllamaOptions } from "./ollama.ts";

export interface PullProgress {
  /** In the server's words: `pulling manifest`, `verifying sha256 digest`, `success`. */
  readonly status: string;
  /** Bytes of the layer that comes now; null between layers. */
  readonly layer: { readonly digest: string; readonly completed: number; readonly total: number } | null;
}

export async function* pullModel(
  { limits, ...options }: Pick<OllamaOptions, "address" | "fetch" | "limits">,
  model: string,
  signal: AbortSignal,
): AsyncGenerator<PullProgress> {
  const patient = { idleTimeoutMs: MODEL.pullIdleTimeoutMs, ...limits };
  const server = ollamaServer({ ...options, limits: patient });
  const exchange = openExchange(server, signal, createNdjsonCheck(server.label));
  try {
    let status = "";
    const client = ollamaClient(exchange, options.address.replace(/\/+$/, ""));
    for await (const line of await client.pull({ model, stream: true })) {
      ({ status } = line);
      const { digest, completed = 0, total } = line;
      const isLayer = typeof digest === "string" && typeof total === "number";
      yield { status, layer: isLayer ? { digest, completed, total } : null };
    }
    if (status !== "success") throw new Error("the download ended early");
  } catch (thrown) {
    throw explainPull(exchange.explain(thrown), model);
  } finally {
    exchange.close();
  }
}

const AGAIN = "Run it again: what was downloaded is kept";

function explainPull(error: HostError, model: string): HostError {
  const cannot = `Cannot pull "${model}"`;
  const told = (code: HostError["code"], words: string, fix: string) =>
    new HostError(code, `${cannot}: ${words}`, { fix, cause: error });
  if (error.code === "aborted") return told("aborted", "stopped", AGAIN);
  if (/does not exist|not found|invalid model name|manifest unknown/i.test(error.message)) {
    const fix =
      "Look for its name on https://ollama.com/library, or write hf.co/OWNER/REPOSITORY for one of Hugging Face";
    return told("model.missing", "there is no model of that name", fix);
  }
  if (/no space left|disk (is )?full|not enough (disk )?space/i.test(error.message)) {
    return told(
      "model.refused",
      "the disk that Ollama keeps its models on is full",
      "Free some of it, or remove a model with: ollama rm NAME; then run it again",
    );
  }
  if (error.code === "model.broken") return told("model.broken", error.message, AGAIN);
  return error;
}
