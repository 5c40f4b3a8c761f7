/**
 * One answer of a model server, from request to last event, as every provider streams it.
 *
 * Guarantees the provider's contract: nothing is thrown, the last event is `done` or `error`, and the
 * socket is closed however the reader leaves. A server or model that refuses tools is asked once more
 * without them, and remembered.
 */
import type { HostError } from "#host/base/errors.ts";
import { openExchange, type BodyCheck, type Exchange, type ModelServer } from "./exchange.ts";
import type { ModelEvent, ModelRequest } from "./provider.ts";
import { refusesTools } from "./refusal.ts";
import { separateThinking } from "./think-tags.ts";

export interface AnswerReader {
  readonly server: ModelServer;
  /** Made anew for each request; sees the body before the reader does. */
  readonly check?: () => BodyCheck;
  read(exchange: Exchange, request: ModelRequest): AsyncIterable<ModelEvent>;
  /** Makes an error of the exchange more exact. */
  explain?(error: HostError, request: ModelRequest): HostError;
}

export type StreamAnswer = (request: ModelRequest) => AsyncGenerator<ModelEvent>;

export function createAnswers(reader: AnswerReader): StreamAnswer {
  /** Models that were seen to refuse tools. */
  const toolless = new Set<string>();

  async function* attempt(asked: ModelRequest): AsyncGenerator<ModelEvent> {
    const request = toolless.has(asked.model) ? { ...asked, tools: [] } : asked;
    const exchange = openExchange(reader.server, request.signal, reader.check?.());
    try {
      yield* separateThinking(reader.read(exchange, request));
    } catch (thrown) {
      const error = exchange.explain(thrown);
      yield { type: "error", error: reader.explain?.(error, request) ?? error };
    } finally {
      exchange.close();
    }
  }

  return async function* (request) {
    for await (const event of attempt(request)) {
      if (event.type === "error" && refusesTools(event.error) && !toolless.has(request.model)) {
        toolless.add(request.model);
        yield* attempt(request);
        return;
      }
      yield event;
    }
  };
}
