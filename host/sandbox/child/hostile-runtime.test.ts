/**
 * The child against an isolate whose own runtime is in the attacker's hands: here the snapshot holds one that
 * gives the out door away. Every rule is the child's to keep, and breaking one costs that isolate alone.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EDGE, PIPE } from "#host/base/limits.ts";
import { buildSnapshotOf, startSandbox, type TestSandbox } from "./sandbox-for-tests.ts";

const HOSTILE_RUNTIME = `
  globalThis.__edgeBoot = (out) => {
    globalThis.say = (message, bytes) => out(typeof message === "string" ? message : JSON.stringify(message), bytes);
    return (text) => {
      const message = JSON.parse(text);
      if (message.t === "open") say({ t: "opened", ok: true });
      if (message.t === "call") attack(message.call);
    };
  };
`;
const STAT = `{ kind: "file.stat", path: "a" }`;
const WRITE = `{ kind: "file.write", path: "a", mode: "create" }`;

let sandbox: TestSandbox;
let neighbour: number;
before(async () => {
  sandbox = await startSandbox({ snapshot: await buildSnapshotOf(HOSTILE_RUNTIME) });
  neighbour = await sandbox.open(
    "var attack = (call) => say({ t: 'result', call, ok: true, value: 'alive' })",
  );
});
after(() => sandbox.stop());

async function attack(body: string): Promise<{ readonly isolate: number; readonly call: number }> {
  const isolate = await sandbox.open(`var attack = (call) => { ${body} }`);
  return { isolate, call: sandbox.start(isolate) };
}

async function neighbourLives(): Promise<void> {
  const answer = await sandbox.call(neighbour);
  assert.equal(answer.ok && answer.value, "alive");
}

const FATAL: Readonly<Record<string, readonly [attack: string, reason: RegExp]>> = {
  "text that is not JSON": ["say('{')", /may not send/],
  "JSON that is not an object": ["say('[1]')", /not a JSON object/],
  "a message past its bounds": [`say("x".repeat(${PIPE.maxHeaderBytes} + 1))`, /not a text in its bounds/],
  "a frame that is within its bounds as text and not in bytes": [
    `say({ t: 'effect', effect: 1, call, request: { kind: 'llm.chat', messages: [{ role: 'user', content: '\u4e00'.repeat(700_000) }] } })`,
    /a header of \d+ bytes/,
  ],
  "an unknown kind": ["say({ t: 'reboot' })", /its kind is unknown/],
  "a frame that is the child's own": [
    "say({ t: 'crash', isolate: 1, reason: 'forged' })",
    /its kind is unknown/,
  ],
  "an effect of no known kind": [
    "say({ t: 'effect', effect: 1, call, request: { kind: 'exec' } })",
    /may not send/,
  ],
  "an unknown key": [
    `say({ t: 'effect', effect: 1, call, request: ${STAT}, plugin: 'other' })`,
    /unknown key/,
  ],
  "one effect number twice": [
    `for (const _ of [1, 2]) say({ t: 'effect', effect: 1, call, request: ${STAT} })`,
    /the effect number 1 twice/,
  ],
  "bytes to an effect that takes none": [
    `say({ t: 'effect', effect: 1, call, request: ${STAT} }); say({ t: 'chunk', effect: 1 }, new ArrayBuffer(1))`,
    /an effect that takes none/,
  ],
  "more bytes than its credit": [
    `say({ t: 'effect', effect: 1, call, request: ${WRITE} });
     for (let sent = 0; sent <= ${PIPE.windowBytes}; sent += ${PIPE.chunkBytes}) say({ t: 'chunk', effect: 1 }, new ArrayBuffer(${PIPE.chunkBytes}))`,
    /more than it had credit for/,
  ],
  "a chunk past its bounds": [
    `say({ t: 'effect', effect: 1, call, request: ${WRITE} }); say({ t: 'chunk', effect: 1 }, new ArrayBuffer(${PIPE.chunkBytes} + 1))`,
    /payload/,
  ],
  "credit for bytes that never came": [
    `say({ t: 'effect', effect: 1, call, request: ${STAT} }); say({ t: 'credit', effect: 1, bytes: 1 })`,
    /credit for bytes that it did not get/,
  ],
  "a stream that ends twice": [
    `say({ t: 'effect', effect: 1, call, request: ${WRITE} }); for (const _ of [1, 2]) say({ t: 'end', effect: 1 })`,
    /ended a stream twice/,
  ],
  "digests one upon the other": [
    `for (let digest = 0; digest < 1_000; digest++) say({ t: 'digest', digest, algorithm: 'SHA-512' }, new ArrayBuffer(${PIPE.chunkBytes}))`,
    /a digest that it may not have/,
  ],
  "a digest past its bounds": [
    `say({ t: 'digest', digest: 1, algorithm: 'SHA-1' }, new ArrayBuffer(${EDGE.digestBytes} + 1))`,
    /a digest that it may not have/,
  ],
  "more timers than allowed": [
    `for (let timer = 0; timer <= ${EDGE.timers}; timer++) say({ t: 'timer', timer, ms: 1e6 })`,
    /more than 1000 timers/,
  ],
  "effects begun and given up without end": [
    `for (let effect = 1; effect < 1_000; effect++) { say({ t: 'effect', effect, call, request: ${STAT} }); say({ t: 'cancel', effect }) }`,
    /gave up more than 250 effects/,
  ],
};

for (const [name, [body, reason]] of Object.entries(FATAL)) {
  test(`${name}: the isolate ends, the others do not`, async () => {
    const { isolate } = await attack(body);
    const { frame } = await sandbox.next("crash");
    assert.equal(frame.isolate, isolate);
    assert.match(frame.reason, reason);
    await neighbourLives();
    for (const kind of ["effect", "chunk", "end", "cancel"] as const) {
      for (const _ of sandbox.seen(kind)) await sandbox.next(kind);
    }
  });
}

test("a message that states another isolate is counted for its own", async () => {
  const { isolate, call } = await attack(
    `say({ t: 'console', isolate: ${1}, level: 'info', text: 'hello' }); say({ t: 'result', isolate: 1, call, ok: true, value: 1 })`,
  );
  assert.equal((await sandbox.next("console")).frame.isolate, isolate);
  assert.equal((await sandbox.next("result", (frame) => frame.call === call)).frame.isolate, isolate);
});

test("results, updates and effects for a call that is not its own do not leave", async () => {
  const { call } = await attack(`
    let effect = 0;
    for (const foreign of [call - 1, call + 1, 0]) {
      say({ t: 'result', call: foreign, ok: true, value: 'forged' });
      say({ t: 'update', call: foreign, text: 'forged' });
      say({ t: 'effect', effect: ++effect, call: foreign, request: ${STAT} });
    }
    say({ t: 'result', call, ok: true, value: 'own' });
    say({ t: 'result', call, ok: true, value: 'again' });
  `);
  await sandbox.next("result", (frame) => frame.call === call);
  await neighbourLives();
  for (const kind of ["result", "update", "effect"] as const) assert.deepEqual(sandbox.seen(kind), []);
});

test("more effects at once than allowed are refused without a frame", async () => {
  await attack(`
    for (let effect = 1; effect <= ${PIPE.openEffects} + 10; effect++) say({ t: 'effect', effect, call, request: ${STAT} });
    say({ t: 'result', call, ok: true, value: 'asked' });
  `);
  await sandbox.next("result");
  assert.equal(sandbox.seen("effect").length, PIPE.openEffects);
});
