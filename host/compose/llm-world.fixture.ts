/** A broker's world with a real ledger on a real disk and a model that says what the test scripts, for tests. */
import type { EffectReply, LlmChatEffect, LlmLine } from "#host/base/effect.ts";
import { createModelUsage, type ModelUsage } from "#host/store/model-usage.ts";
import { temporaryStore, type TemporaryStore } from "#host/store/temporary-store.fixture.ts";
import type { ModelCall, ModelCallEvent, ModelCalls } from "#host/broker/model-calls.ts";
import { createWorld, type World, type WorldOptions } from "#host/broker/world.fixture.ts";

export type Play = (call: ModelCall) => AsyncIterable<ModelCallEvent>;

export interface LlmWorld extends AsyncDisposable {
  readonly world: World;
  readonly store: TemporaryStore;
  readonly ledger: ModelUsage;
  /** What the model was asked, in order. */
  readonly asked: ModelCall[];
}

export interface LlmWorldOptions extends WorldOptions {
  readonly play?: Play;
  readonly tokensPerDay?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export const NOON = Date.parse("2026-11-27T12:00:00Z");

export async function llmWorld(options: LlmWorldOptions = {}): Promise<LlmWorld> {
  const { play = says("yes"), tokensPerDay = 10_000, now = () => NOON, ...rest } = options;
  const store = await temporaryStore();
  const clock = { now, monotonic: () => performance.now() };
  const ledger = createModelUsage(store.db, clock);
  const asked: ModelCall[] = [];
  const models = scripted((call) => {
    asked.push(call);
    return play(call);
  });
  const rights = { llm: { maxTokensPerDay: tokensPerDay } };
  const world = createWorld({ rights, models, ledger, clock, ...rest });
  return {
    world,
    store,
    ledger,
    asked,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

export function scripted(play: Play): ModelCalls {
  return { modelFor: async () => ({ provider: "ollama", model: "fake", stream: play }) };
}

/** One word a piece; `usage` as the service reports it. */
export function says(text: string, usage = { input: 20, output: 5 }): Play {
  return async function* () {
    for (const delta of text.split(/(?<= )/)) yield { type: "text", delta };
    yield { type: "done", stopReason: "stop", usage };
  };
}

export function chat(text: string, more: Partial<LlmChatEffect> = {}): LlmChatEffect {
  return { kind: "llm.chat", messages: [{ role: "user", content: text }], ...more };
}

export interface Heard {
  readonly text: string;
  readonly end: Exclude<LlmLine, { text: string }> | null;
}

/** The answer to its end. Rejects with what refused it or broke it off. */
export async function heard(reply: EffectReply): Promise<Heard> {
  if (!reply.ok) throw Object.assign(new Error(reply.failure.message), { failure: reply.failure });
  let text = "";
  let end: Heard["end"] = null;
  for await (const bytes of reply.body ?? []) {
    const line = JSON.parse(new TextDecoder().decode(bytes)) as LlmLine;
    if ("text" in line) text += line.text;
    else end = line;
  }
  return { text, end };
}
