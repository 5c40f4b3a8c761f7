import assert from "node:assert/strict";
import { test } from "node:test";
import { createScrubber } from "./scrub.ts";

const SECRETS = [
  { value: "aaaaaaab", placeholder: "<1>" },
  { value: "aaaaaaabaa", placeholder: "<2>" },
  { value: "abababab", placeholder: "<3>" },
];

/** What the rule says, slowly: at each place the longest value that begins there. */
function expected(text: string): string {
  let result = "";
  for (let at = 0; at < text.length;) {
    const found = SECRETS.filter(({ value }) => text.startsWith(value, at)).sort(
      (a, b) => b.value.length - a.value.length,
    )[0];
    result += found?.placeholder ?? text[at];
    at += found?.value.length ?? 1;
  }
  return result;
}

async function streamed(text: string, cuts: () => number): Promise<string> {
  async function* chunks() {
    for (let at = 0; at < text.length;) {
      const end = at + cuts();
      yield Buffer.from(text.slice(at, end));
      at = end;
    }
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of createScrubber(SECRETS).bytes(chunks())) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** A generator of its own, so that a failure can be repeated. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

test("however a stream is cut, every value in it is replaced, the longest that fits", async () => {
  for (let seed = 1; seed <= 2_000; seed += 1) {
    const next = numbers(seed);
    const pieces = Array.from(
      { length: 6 },
      () => ["a", "b", "ab", "x", ...SECRETS.map((one) => one.value)][next(7)],
    );
    const text = pieces.join("");
    assert.equal(await streamed(text, () => 1 + next(5)), expected(text), `seed ${seed}: ${text}`);
  }
});

test("what cannot be the beginning of a value is handed on at once", async () => {
  const clean = createScrubber(SECRETS).bytes(
    (async function* () {
      yield Buffer.from("data: hello\n\n");
      await new Promise(() => {});
    })(),
  );
  const { value } = await clean.next();
  assert.equal(Buffer.from(value ?? []).toString(), "data: hello\n\n");
});

/** A server that knows its own secret may send nothing else: what that costs must not grow with its square. */
test("an answer that is full of values costs no more than its bytes", async () => {
  const secrets = Array.from({ length: 8 }, (_, at) => ({ value: `s3cr3t+/${at}`, placeholder: `<${at}>` }));
  const full = Buffer.from("s3cr3t+/0".repeat(100_000));
  const startedAt = performance.now();
  const clean = createScrubber(secrets).whole(full, full.length);
  assert.equal(Buffer.from(clean).toString(), "<0>".repeat(100_000));
  assert.ok(performance.now() - startedAt < 3_000, `${performance.now() - startedAt} ms`);
});

test("a message that placeholders make larger than a message may be is refused", () => {
  const scrubber = createScrubber([{ value: "12345678", placeholder: "x".repeat(50) }]);
  assert.throws(() => scrubber.whole(Buffer.from("12345678".repeat(100)), 1_000), {
    failure: {
      code: "too-large",
      message: "Cannot read the answer: with placeholders in place of secrets it is larger than 1000 bytes",
    },
  });
});
