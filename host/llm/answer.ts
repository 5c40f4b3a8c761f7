/**
 * One answer of a model server, from request to last event, as every provider streams it.
 *
 * Guarantees the provider's contract: nothing is thrown, the last event is `done` or `error`, and the
 * socket is closed however the reader leaves. A server or model that refuses tools is asked once more
 * without them, and remembered. A key that is refused before anything was said makes room for the next one.
 */
import { asHostError, type HostError } from "#host/base/errors.ts";
import { openExchange, type BodyCheck, type Exchange, type ModelServer } from "./exchange.ts";
import { mayRotate, turnsOf, type KeyRing } from "./keys.ts";
import type { ModelEvent, ModelRequest } from "./provider.ts";
import { refusesTools } from "./refusal.ts";
import { separateThinking } from "./think-tags.ts";

export interface AnswerReader {
  readonly server: ModelServer;
  /** Null where no key is needed. */
  readonly keys: KeyRing | null;
  /** Made anew for each request; sees the body before the reader does. */
  readonly check?: () => BodyCheck;
  /** `secret` is the key to use; empty where none is needed. */
  read(exchange: Exchange, request: ModelRequest, secret: string): AsyncIterable<ModelEvent>;
  /** Makes an error of the exchange more exact. */
  explain?(error: HostError, request: ModelRequest): HostError;
}

export type StreamAnswer = (request: ModelRequest) => AsyncGenerator<ModelEvent>;

export function createAnswers(reader: AnswerReader): StreamAnswer {
  /** Models that were seen to refuse tools. */
  const toolless = new Set<string>();

  async function* attempt(asked: ModelRequest, secret: string): AsyncGenerator<ModelEvent> {
    const request = toolless.has(asked.model) ? { ...asked, tools: [] } : asked;
    const exchange = openExchange(reader.server, request.signal, reader.check?.());
    exchange.hide(secret);
    try {
      yield* separateThinking(reader.read(exchange, request, secret));
    } catch (thrown) {
      const error = exchange.explain(thrown);
      yield { type: "error", error: reader.explain?.(error, request) ?? error };
    } finally {
      exchange.close();
    }
  }

  /** A server that refuses tools is asked once more without them. */
  async function* withoutRefusedTools(request: ModelRequest, secret: string): AsyncGenerator<ModelEvent> {
    for await (const event of attempt(request, secret)) {
      if (event.type === "error" && refusesTools(event.error) && !toolless.has(request.model)) {
        toolless.add(request.model);
        yield* attempt(request, secret);
        return;
      }
      yield event;
    }
  }

  async function* withKey(ring: KeyRing, request: ModelRequest): AsyncGenerator<ModelEvent> {
    for (const turn of turnsOf(await ring.usable())) {
      let isSilent = true;
      let failure: HostError | null = null;
      for await (const event of withoutRefusedTools(request, turn.key.secret)) {
        if (event.type === "error") failure = event.error;
        else {
          if (isSilent) await ring.succeeded(turn.key);
          isSilent = false;
          yield event;
        }
      }
      if (failure === null) return;
      // What was said is not said twice.
      if ((await mayRotate(ring, turn, failure)) && isSilent) continue;
      yield { type: "error", error: failure };
      return;
    }
  }

  return async function* (request) {
    try {
      yield* reader.keys === null ? withoutRefusedTools(request, "") : withKey(reader.keys, request);
    } catch (thrown) {
      yield { type: "error", error: asHostError(thrown) };
    }
  };
}
