import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { HostError, type ErrorCode } from "#host/base/errors.ts";
import { LLM } from "#host/base/limits.ts";
import { chat, heard, llmWorld, NOON, says, type Play } from "#host/compose/llm-world.fixture.ts";
import { expectFailure, type World } from "./world.fixture.ts";

/** What one message of this text reserves beside the answer. */
const reserved = (text: string) => LLM.callTokens + LLM.messageTokens + Buffer.byteLength(text);

async function audited(world: World) {
  await world.broker.flushAudit();
  return world.records.map(({ kind, target, decision, outcome, reason }) => [
    kind,
    target,
    decision,
    outcome,
    reason,
  ]);
}

test("an answer comes in pieces with what it cost, which is on record before and after", async () => {
  await using made = await llmWorld({ play: says("one two three", { input: 31, output: 4 }) });
  const { world, ledger, asked } = made;
  const reply = await world.perform(
    chat("count", { maxTokens: 50, temperature: 0.5, schema: { type: "object" } }),
  );
  assert.deepEqual(await audited(world), [["llm.chat", "1 message", "allowed", "not-done", ""]]);
  assert.deepEqual(await heard(reply), {
    text: "one two three",
    end: { stopReason: "stop", usage: { input: 31, output: 4, exact: true } },
  });
  assert.equal(ledger.spentToday("fetcher"), 35);
  const { signal, ...call } = asked[0] ?? assert.fail("the model was not asked");
  assert.equal(signal.aborted, false);
  assert.deepEqual(call, {
    messages: [{ role: "user", content: "count" }],
    maxTokens: 50,
    temperature: 0.5,
    schema: { type: "object" },
  });
  assert.deepEqual((await audited(world))[1], [
    "llm.chat",
    "1 message",
    "allowed",
    "done",
    "ollama/fake: 31 tokens in, 4 out",
  ]);
});

test("without the right nothing is asked, and the refusal has the line for the manifest", async () => {
  await using made = await llmWorld({ rights: { llm: null } });
  assert.deepEqual(expectFailure(await made.world.perform(chat("hello"))), {
    code: "denied",
    message: 'Cannot call the model: it is not declared in the manifest of "fetcher", or not granted',
    fix: 'Add "permissions": { "llm": { "maxTokensPerDay": 50000 } } to its openclaw.plugin.json and grant it',
  });
  assert.deepEqual(made.asked, []);
});

test("a budget that is used up says what was spent, of what, and when it begins anew, and then it does", async () => {
  let now = NOON;
  const play = says("yes", { input: 600, output: 100 });
  await using made = await llmWorld({ play, tokensPerDay: 1_200, now: () => now });
  const { world, asked } = made;
  await heard(await world.perform(chat("hello", { maxTokens: 300 })));
  assert.deepEqual(expectFailure(await world.perform(chat("hello", { maxTokens: 300 }))), {
    code: "denied",
    message: `Cannot call the model: "fetcher" has spent 700 of its 1200 tokens of today, and this call may take up to ${reserved("hello") + 300}`,
    fix: 'Wait until 2026-11-28T00:00Z, when the day begins anew, send less, or ask for a higher "maxTokensPerDay" in its openclaw.plugin.json',
  });
  assert.match((await audited(world)).at(-1)?.join(" ") ?? "", /denied not-done .*has spent 700 of its 1200/);
  assert.equal(asked.length, 1);
  now = Date.parse("2026-11-28T00:00:00Z");
  assert.equal((await heard(await world.perform(chat("hello", { maxTokens: 300 })))).text, "yes");
});

test("a call that no day has room for is refused without a promise of tomorrow", async () => {
  await using made = await llmWorld({ tokensPerDay: 500 });
  const { fix } = expectFailure(await made.world.perform(chat("x".repeat(500))));
  assert.equal(fix, 'Send less, or ask for a higher "maxTokensPerDay" in its openclaw.plugin.json');
});

test("an answer whose length nobody names gets what is left of the day", async () => {
  await using made = await llmWorld({ tokensPerDay: reserved("hello") + 77 });
  await heard(await made.world.perform(chat("hello")));
  assert.equal(made.asked[0]?.maxTokens, 77);
});

test("many calls at the same moment cannot overspend together", async () => {
  const one = reserved("hello") + 100;
  const play: Play = async function* () {
    await wait(5);
    yield { type: "text", delta: "yes" };
    yield { type: "done", stopReason: "stop", usage: { input: one - 100, output: 100 } };
  };
  const limits = { modelCallsPerPlugin: 1_000 };
  await using made = await llmWorld({ play, limits, tokensPerDay: one * 7 + 1 });
  const calls = Array.from({ length: 200 }, async (_none, at) => {
    const identity = { session: `agent:main:${at % 5}` };
    return made.world
      .perform(chat("hello", { maxTokens: 100 }), { identity })
      .then(heard)
      .then(
        () => "answered",
        (error: Error) => error.message.replace(/\d+/g, "N"),
      );
  });
  const ends = await Promise.all(calls);
  assert.equal(ends.filter((end) => end === "answered").length, 7);
  assert.equal(new Set(ends).size, 2, [...new Set(ends)].join("\n"));
  assert.equal(made.asked.length, 7);
  assert.equal(made.ledger.spentToday("fetcher"), one * 7);
});

test("sessions of a plugin share its budget, and each row says whose call it was", async () => {
  await using made = await llmWorld({ tokensPerDay: reserved("hi") + 25 + 10 });
  const { world, store } = made;
  const identity = { session: "agent:main:other", run: "run-2", call: "call-2" };
  await heard(await world.perform(chat("hi", { maxTokens: 10 }), { identity }));
  assert.equal(expectFailure(await world.perform(chat("hi", { maxTokens: 11 }))).code, "denied");
  await heard(await world.perform(chat("hi", { maxTokens: 11 }), { identity: { plugin: "another" } }));
  const rows = store.db.all<Record<string, unknown>>(
    "select plugin, agent, session, run, call, provider, model, state, tokens, day from model_usage",
  );
  assert.deepEqual(
    { ...rows[0] },
    {
      plugin: "fetcher",
      agent: "main",
      session: "agent:main:other",
      run: "run-2",
      call: "call-2",
      provider: "ollama",
      model: "fake",
      state: "settled",
      tokens: 25,
      day: "2026-11-27",
    },
  );
  assert.equal(rows.length, 2);
});

test("a server that ignores the bound is cut off at what was reserved, and all of it counts", async () => {
  let stopped = false;
  const play: Play = async function* () {
    try {
      for (let at = 0; at < 1_000; at++) yield { type: at % 2 === 0 ? "text" : "thinking", delta: `w${at} ` };
      yield { type: "done", stopReason: "stop", usage: { input: 1, output: 1_000 } };
    } finally {
      stopped = true;
    }
  };
  await using made = await llmWorld({ play });
  const { text, end } = await heard(await made.world.perform(chat("go", { maxTokens: 10 })));
  assert.equal(text, "w0 w2 w4 w6 w8 ");
  const usage = { input: reserved("go"), output: 10, exact: false };
  assert.deepEqual(end, { stopReason: "length", usage });
  assert.equal(stopped, true);
  assert.equal(made.ledger.spentToday("fetcher"), reserved("go") + 10);
  assert.match((await audited(made.world)).at(-1)?.[4] ?? "", /10 out, at most$/);
});

test("a server that sends it in one piece is cut off as well", async () => {
  await using made = await llmWorld({ play: says("x".repeat(100_000), { input: 9, output: 9 }) });
  const { text, end } = await heard(await made.world.perform(chat("go", { maxTokens: 10 })));
  assert.equal(text.length, 10 * LLM.maxCharsPerToken);
  assert.equal(end?.stopReason, "length");
});

test("what no service counted is settled at the most that it can have been", async () => {
  await using made = await llmWorld({ play: says("größe ", { input: 0, output: 0 }) });
  const { end } = await heard(await made.world.perform(chat("go", { maxTokens: 100 })));
  assert.deepEqual(end?.usage, { input: reserved("go"), output: 8, exact: false });
  assert.equal(made.ledger.spentToday("fetcher"), reserved("go") + 8);
});

const ADDRESS = "http://10.0.0.7:11434";

function failing(code: ErrorCode, after = ""): Play {
  return async function* () {
    if (after !== "") yield { type: "text", delta: after };
    yield { type: "error", error: new HostError(code, `${ADDRESS} says: sk-secret`) };
  };
}

test("a failure before the model worked gives back what was reserved, and names no server", async () => {
  const known = [
    ["model.unreachable", "network", "the owner's model cannot be reached"],
    ["model.missing", "not-found", "the owner's model is not there"],
    ["model.refused", "io", "the owner's model refused the request"],
  ] as const;
  for (const [code, failure, rule] of known) {
    await using made = await llmWorld({ play: failing(code) });
    const ended = heard(await made.world.perform(chat("go")));
    await assert.rejects(ended, (thrown: { failure?: unknown; message: string; fix?: string }) => {
      assert.deepEqual(thrown.failure, {
        code: failure,
        message: `Cannot call the model: ${rule}`,
        fix: "Try again later; the host's log says more",
      });
      return true;
    });
    assert.equal(made.ledger.spentToday("fetcher"), 0, code);
    assert.match(made.world.logged.join(), new RegExp(ADDRESS));
    assert.doesNotMatch(JSON.stringify(await audited(made.world)), /10\.0\.0\.7|sk-secret/);
  }
});

test("an answer that breaks off is charged what came and what may have been under way", async () => {
  await using made = await llmWorld({ play: failing("model.broken", "half") });
  const ended = heard(await made.world.perform(chat("go", { maxTokens: 500 })));
  await assert.rejects(ended, /the model's answer broke off/);
  assert.equal(made.ledger.spentToday("fetcher"), reserved("go") + 4 + LLM.stopTokens);
  assert.match((await audited(made.world)).at(-1)?.join(" ") ?? "", /failed .*at most; model\.broken$/);
});

/** Says one word and is silent until it is stopped. */
function hanging(onStop: (at: number) => void): Play {
  return async function* ({ signal }) {
    yield { type: "text", delta: "well" };
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    onStop(performance.now());
    yield { type: "error", error: new HostError("aborted", "The answer was stopped") };
  };
}

test("a plugin that gives up reaches the model at once and is charged for what may have come", async () => {
  const stopped = Promise.withResolvers<number>();
  await using made = await llmWorld({ play: hanging(stopped.resolve) });
  const call = new AbortController();
  const reply = await made.world.perform(chat("go"), { signal: call.signal });
  const ended = assert.rejects(heard(reply), /The call ended before this was done/);
  await wait(10);
  const at = performance.now();
  call.abort();
  assert.ok((await stopped.promise) - at < 200);
  await ended;
  assert.equal(made.ledger.spentToday("fetcher"), reserved("go") + 4 + LLM.stopTokens);
});

test("a model is read no faster than the plugin reads", async () => {
  let made = 0;
  const play: Play = async function* () {
    for (; made < 1_000; made++) yield { type: "text", delta: "word " };
  };
  await using open = await llmWorld({ play });
  const reply = await open.world.perform(chat("go"));
  const lines = (reply.ok ? reply.body : null)?.[Symbol.asyncIterator]() ?? assert.fail("it was refused");
  for (let read = 0; read < 3; read++) await lines.next();
  await wait(10);
  assert.equal(made, 2);
});

test("a right that is taken away ends the answers that it began", async () => {
  const stopped = Promise.withResolvers<number>();
  await using made = await llmWorld({ play: hanging(stopped.resolve) });
  const ended = assert.rejects(heard(await made.world.perform(chat("go"))), /The call ended/);
  await made.world.broker.forget("fetcher");
  await ended;
});

test("a plugin has so many calls open and no more; a reply that nobody reads gives its place and tokens back", async () => {
  await using made = await llmWorld({ limits: { modelCallsPerPlugin: 2 } });
  const { world } = made;
  const open = [await world.perform(chat("a")), await world.perform(chat("b"))];
  assert.deepEqual(expectFailure(await world.perform(chat("c"))), {
    code: "denied",
    message: 'Cannot call the model once more: "fetcher" has 2 open',
    fix: "Wait for an answer first",
  });
  for (const reply of open) if (reply.ok) await reply.body?.[Symbol.asyncIterator]().return?.();
  assert.equal(made.ledger.spentToday("fetcher"), 0);
  assert.deepEqual(made.asked, []);
  assert.equal((await heard(await world.perform(chat("c")))).text, "yes");
});

test("what is no call that a model could answer is refused with its rule", async () => {
  await using made = await llmWorld({ tokensPerDay: 1_000_000 });
  const image = { type: "image", data: "aGk=", mimeType: "image/png" } as const;
  const said = async (request: ReturnType<typeof chat>) =>
    expectFailure(await made.world.perform(request)).message;
  assert.match(
    await said({ kind: "llm.chat", messages: [{ role: "system", content: "be brief" }] }),
    /the last message is not the user's/,
  );
  assert.match(
    await said(chat("go", { maxTokens: 8_193 })),
    /an answer of 8193 tokens is too long, the limit is 8192/,
  );
  const album = { role: "user", content: Array.from({ length: 9 }, () => image) } as const;
  assert.match(await said({ kind: "llm.chat", messages: [album] }), /it has 9 images, the limit is 8/);
  assert.deepEqual(made.asked, []);
});

test("an image is reserved for, although its bytes are not words", async () => {
  const image = { type: "image", data: "aGk=", mimeType: "image/png" } as const;
  await using made = await llmWorld({ tokensPerDay: LLM.imageTokens });
  const reply = await made.world.perform({
    kind: "llm.chat",
    messages: [{ role: "user", content: [image] }],
  });
  assert.match(expectFailure(reply).message, /this call may take up to/);
});

test("a call that cannot be put on record is not made, and nothing stays reserved", async () => {
  await using made = await llmWorld();
  made.world.sinkFails = true;
  assert.match(
    expectFailure(await made.world.perform(chat("go"))).message,
    /could not be put on record first/,
  );
  assert.deepEqual([made.asked.length, made.ledger.spentToday("fetcher")], [0, 0]);
  made.world.sinkFails = false;
});

test("a call that cannot be settled counts in full, and its answer is not lost", async () => {
  await using plain = await llmWorld();
  const { ledger } = plain;
  const broken = { ...ledger, settle: () => assert.fail("the disk is full") };
  await using made = await llmWorld({ ledger: broken });
  const { text } = await heard(await made.world.perform(chat("go", { maxTokens: 30 })));
  assert.equal(text, "yes");
  assert.equal(ledger.spentToday("fetcher"), reserved("go") + 30);
  assert.match(made.world.logged.join(), /could not be settled; what was reserved for it counts as spent/);
});
