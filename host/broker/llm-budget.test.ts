/** The budget under any interleaving: calls side by side, each of which ends in its own way. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LLM } from "#host/base/limits.ts";
import { HostError } from "#host/base/errors.ts";
import { createModelUsage } from "#host/store/model-usage.ts";
import { chat, heard, llmWorld, NOON } from "#host/compose/llm-world.fixture.ts";
import type { ModelCall, ModelCallEvent } from "./model-calls.ts";

const LIMIT = 2_000;
const clock = { now: () => NOON, monotonic: () => 0 };

interface Call {
  readonly text: string;
  readonly maxTokens: number | undefined;
  /** Pieces that the server makes, if nobody stops it. */
  readonly pieces: number;
  /** `counted` by the service or `uncounted`; `dead` before it worked; `broken` in the middle; `stopped` by the plugin. */
  readonly end: "counted" | "uncounted" | "dead" | "broken" | "stopped";
}

const call: fc.Arbitrary<Call> = fc.record({
  text: fc.string({ maxLength: 40 }),
  maxTokens: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined }),
  pieces: fc.nat(20),
  end: fc.constantFrom("counted", "uncounted", "dead", "broken", "stopped"),
});

test("whatever calls do side by side, no more is spent than the limit, and what is counted is never too little", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(call, { minLength: 1, maxLength: 12 }), async (s, calls) => {
      /** What the service would bill. */
      let billed = 0;
      const play = async function* ({ messages, maxTokens }: ModelCall): AsyncGenerator<ModelCallEvent> {
        const mine = calls[Number(String(messages[0]?.content).split(" ")[0])] ?? assert.fail("whose call?");
        await s.schedule(Promise.resolve());
        if (mine.end === "dead") {
          yield { type: "error", error: new HostError("model.unreachable", "nobody there") };
          return;
        }
        // A tokenizer at its worst.
        const input = LLM.callTokens + LLM.messageTokens + Buffer.byteLength(String(messages[0]?.content));
        billed += input;
        let output = 0;
        for (; output < Math.min(mine.pieces, maxTokens); output++) {
          await s.schedule(Promise.resolve());
          billed += 1;
          yield { type: "text", delta: "word " };
        }
        if (mine.end === "broken") yield { type: "error", error: new HostError("model.broken", "cut") };
        const usage = mine.end === "counted" ? { input, output } : { input: 0, output: 0 };
        yield { type: "done", stopReason: "stop", usage };
      };
      await using made = await llmWorld({ play, tokensPerDay: LIMIT, limits: { modelCallsPerPlugin: 100 } });
      const ends = calls.map(async ({ text, maxTokens, end }, at) => {
        await s.schedule(Promise.resolve());
        const stop = new AbortController();
        const request = chat(`${at} ${text}`, maxTokens === undefined ? {} : { maxTokens });
        const answering = made.world.perform(request, { signal: stop.signal }).then(heard);
        if (end === "stopped") void s.schedule(Promise.resolve()).then(() => stop.abort());
        await answering.catch(() => undefined);
      });
      await s.waitFor(Promise.all(ends));
      const counted = made.ledger.spentToday("fetcher");
      assert.ok(billed <= counted, `${billed} billed, ${counted} counted`);
      assert.ok(counted <= LIMIT, `${counted} of ${LIMIT}`);
      // A host that starts anew reads the same.
      assert.equal(createModelUsage(made.store.db, clock).spentToday("fetcher"), counted);
    }),
    { numRuns: 40 },
  );
});
