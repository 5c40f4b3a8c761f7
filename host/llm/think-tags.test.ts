import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ModelEvent } from "./provider.ts";
import { separateThinking } from "./think-tags.ts";

async function separate(text: string, cuts: readonly number[]): Promise<{ thinking: string; text: string }> {
  const places = [...cuts.map((cut) => cut % (text.length + 1)), text.length].toSorted((a, b) => a - b);
  const pieces = places.map((end, at) => text.slice(places[at - 1] ?? 0, end));
  async function* events(): AsyncGenerator<ModelEvent> {
    for (const delta of pieces) yield { type: "text", delta };
    yield { type: "done", stopReason: "stop", usage: { input: 0, output: 0, totalTokens: 0 } };
  }
  const found = { thinking: "", text: "" };
  let last = "";
  for await (const event of separateThinking(events())) {
    last = event.type;
    if (event.type === "text" || event.type === "thinking") found[event.type] += event.delta;
  }
  assert.equal(last, "done");
  return found;
}

const CASES: readonly (readonly [string, string, string])[] = [
  ["<think>hm, 1 < 2</think>\n\nTwo.", "hm, 1 < 2", "Two."],
  ["\n<think></think>Two.", "", "Two."],
  ["<think>never closed </thin", "never closed </thin", ""],
  ["Two <think>is</think> text", "", "Two <think>is</think> text"],
  ["<thin ice", "", "<thin ice"],
  ["<th", "", "<th"],
  ["", "", ""],
];

for (const [given, thinking, text] of CASES) {
  test(`${JSON.stringify(given)} is the same however it is cut`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(100), { maxLength: 12 }), async (cuts) => {
        assert.deepEqual(await separate(given, cuts), { thinking, text });
      }),
    );
  });
}
