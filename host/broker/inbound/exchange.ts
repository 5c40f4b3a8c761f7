/**
 * One exchange under way: the port of the call that answers it.
 *
 * Guarantees that its request's body is given out once and its answer taken once, that the plugin sends no faster than
 * the client reads, and that whoever waits for the answer hears when there will be none.
 */
import type { CallPort, EffectReply, RouteAnswerEffect } from "#host/base/effect.ts";
import type { InboundAnswer } from "#host/base/inbound.ts";
import { aborted, EffectError } from "#host/broker/failure.ts";

export interface Exchange {
  readonly port: CallPort;
  readonly answer: Promise<InboundAnswer>;
  /** Whether the client has all of the answer. */
  readonly isOver: () => boolean;
}

export function createExchange(body: AsyncIterable<Uint8Array> | null): Exchange {
  const answering = Promise.withResolvers<InboundAnswer>();
  let given = false;
  let answered = false;
  let over = false;

  async function answer(effect: RouteAnswerEffect, upward: AsyncIterable<Uint8Array>): Promise<EffectReply> {
    if (answered) throw new EffectError("denied", "Cannot answer the request: it was answered already");
    answered = true;
    const { status, headers } = effect;
    const taken = Promise.withResolvers<void>();
    const stream = effect.hasBody ? untilTaken(upward, taken) : null;
    answering.resolve({ status, headers, body: stream });
    if (stream === null) taken.resolve();
    await taken.promise;
    over = true;
    return { ok: true, head: {}, body: null };
  }

  return {
    answer: answering.promise,
    isOver: () => over,
    port: {
      takes: ["route.body", "route.answer"],
      async perform(_identity, request, context) {
        if (request.kind === "route.answer") return answer(request, context.body);
        if (given) throw new EffectError("denied", "Cannot read the request's body: it was read already");
        given = true;
        return { ok: true, head: {}, body };
      },
    },
  };
}

/** The same bytes; `taken` hears whether they were read to their end. Letting go of it counts also before it was read. */
function untilTaken(
  source: AsyncIterable<Uint8Array>,
  taken: PromiseWithResolvers<void>,
): AsyncIterableIterator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const next = await iterator.next();
        if (next.done === true) taken.resolve();
        return next;
      } catch (thrown) {
        taken.reject(aborted());
        throw thrown;
      }
    },
    async return() {
      taken.reject(aborted());
      await iterator.return?.();
      return { done: true, value: undefined };
    },
  };
}
