import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createLineCutter } from "./lines.ts";
import { createNdjsonCheck } from "./ndjson.ts";
import { readEvents, readJsonEvents } from "./sse.ts";

const encoder = new TextEncoder();

/** The text's bytes, cut at these places: also inside a character. */
function chunksOf(text: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = encoder.encode(text);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [...places, bytes.length].map((end, at) => bytes.slice(places[at - 1] ?? 0, end));
}

const cuts = fc.array(fc.nat(2_000), { maxLength: 20 });

test("lines are the same at every chunk boundary and with every line end", () => {
  const pieces = fc.array(
    fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("\n", "\r\n", "\r", "\n\n")),
  );
  fc.assert(
    fc.property(pieces, cuts, (parts, where) => {
      const whole = `${parts.join("")}end`;
      const cutter = createLineCutter();
      const found = chunksOf(whole, where).flatMap((chunk) => cutter.push(chunk));
      assert.deepEqual([...found, cutter.end()], whole.split(/\r\n|\r|\n/));
    }),
  );
});

test("a line without end is refused when it passes the limit", () => {
  const cutter = createLineCutter(100);
  cutter.push(encoder.encode("x".repeat(90)));
  assert.throws(() => cutter.push(encoder.encode("x".repeat(20))), /line of more than 100 characters/);
});

test("a line that is not a JSON object is refused, wherever the stream is cut", () => {
  const good = '{"a":"ü"}\n\n{"b":2}\n';
  fc.assert(
    fc.property(cuts, fc.constantFrom("", "<html>\n", "[1]\n", '{"cut": ', "null"), (where, bad) => {
      const check = createNdjsonCheck("Ollama");
      const feed = () => {
        for (const chunk of chunksOf(good + bad, where)) check.push(chunk);
        check.end();
      };
      if (bad === "") feed();
      else assert.throws(feed, { code: "model.broken", message: /not a JSON object/ });
    }),
  );
});

test("an error line is the server's refusal, in its own words", () => {
  const check = createNdjsonCheck("Ollama");
  assert.throws(() => check.push(encoder.encode('{"error":"out of memory"}\n')), {
    code: "model.refused",
    message: "Ollama failed in the middle of its answer: out of memory",
  });
});

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

test("events are the same at every chunk boundary; a cut last event is dropped", async () => {
  const text =
    ': hello\r\ndata: {"a":"ü"}\r\n\r\nevent: x\ndata:one\ndata: two\n\nid: 1\n\ndata\n\ndata: cut off';
  await fc.assert(
    fc.asyncProperty(cuts, async (where) => {
      const events: string[] = [];
      for await (const data of readEvents(streamOf(chunksOf(text, where)))) events.push(data);
      assert.deepEqual(events, ['{"a":"ü"}', "one\ntwo", ""]);
    }),
  );
});

test("an event that is not a JSON object is refused; [DONE] ends the stream", async () => {
  const read = async (text: string) => {
    const events: unknown[] = [];
    for await (const event of readJsonEvents(streamOf([encoder.encode(text)]), "OpenAI")) events.push(event);
    return events;
  };
  assert.deepEqual(await read('data: {"a":1}\n\ndata: [DONE]\n\ndata: {"b":1}\n\n'), [{ a: 1 }]);
  await assert.rejects(read("data: oops\n\n"), { code: "model.broken", message: /OpenAI sent an event/ });
});
