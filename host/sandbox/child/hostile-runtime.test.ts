/**
 * The child against an isolate whose own runtime is in the attacker's hands: here the snapshot holds one that
 * gives the out door away. Every rule is the child's to keep, and breaking one costs that isolate alone.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EDGE, NATIVE, PIPE } from "#host/base/limits.ts";
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
  "native work of no known operation": [
    `say({ t: 'native', op: 'constructor', args: {}, parts: {} })`,
    /its operation is unknown/,
  ],
  "native work with arguments of another shape": [
    `say({ t: 'native', op: 'hash', args: { algorithm: 7 }, parts: { data: 0 } })`,
    /an argument Invalid type/,
  ],
  "native work with an argument that no operation has": [
    `say({ t: 'native', op: 'hash', args: { algorithm: 'md5', path: '/etc' }, parts: { data: 0 } })`,
    /an argument Invalid key/,
  ],
  "native work on parts that are longer than the bytes": [
    `say({ t: 'native', op: 'hash', args: { algorithm: 'md5' }, parts: { data: 8 } }, new ArrayBuffer(7))`,
    /longer than its bytes/,
  ],
  "native work on bytes that are longer than the parts": [
    `say({ t: 'native', op: 'hash', args: { algorithm: 'md5' }, parts: { data: 0 } }, new ArrayBuffer(7))`,
    /longer than its parts/,
  ],
  "native work on parts of negative and fractional lengths": [
    `say({ t: 'native', op: 'hash', args: { algorithm: 'md5' }, parts: { data: -1 } })`,
    /a part has no length/,
  ],
  "native work without the bytes that it needs": [
    `say({ t: 'native', op: 'hash', args: { algorithm: 'md5' }, parts: {} })`,
    /others than the operation takes/,
  ],
  "more bytes at once than allowed": [
    `say({ t: 'native', op: 'hash', args: { algorithm: 'md5' }, parts: { data: ${NATIVE.syncBytes} + 1 } }, new ArrayBuffer(${NATIVE.syncBytes} + 1))`,
    /more bytes at once/,
  ],
  "more native jobs than allowed": [
    `for (let job = 0; job <= ${NATIVE.jobs}; job++) say({ t: 'job', job, held: false, op: 'pbkdf2', args: { algorithm: 'sha1', iterations: 1e6, length: 20 }, parts: { password: 0, salt: 0 } })`,
    /more jobs than it may have/,
  ],
  "native jobs that are given up and begun anew without end": [
    `for (let job = 0; job <= ${NATIVE.jobs}; job++) { say({ t: 'job', job, held: true, op: 'pbkdf2', args: { algorithm: 'sha1', iterations: 1e6, length: 20 }, parts: { password: 0, salt: 0 } }); say({ t: 'free', jobs: [job] }) }`,
    /more jobs than it may have/,
  ],
  "more bytes in native jobs than allowed": [
    `say({ t: 'job', job: 1, held: false, op: 'subtle', args: { method: 'digest' }, parts: { data: ${NATIVE.jobBytes} + 1 } }, new ArrayBuffer(${NATIVE.jobBytes} + 1))`,
    /more bytes in jobs/,
  ],
  "one job number twice": [
    `for (const _ of [1, 2]) say({ t: 'job', job: 1, held: true, op: 'zlib.read', args: { state: 1 }, parts: {} })`,
    /the job number 1 twice/,
  ],
  "the result of a job that is not its own": [
    "say({ t: 'job.done', job: 77 })",
    /a job that it does not hold/,
  ],
  "the bytes of a job before it is done": [
    `say({ t: 'job', job: 1, held: true, op: 'pbkdf2', args: { algorithm: 'sha1', iterations: 1e6, length: 20 }, parts: { password: 0, salt: 0 } }); say({ t: 'job.bytes', job: 1 })`,
    /the bytes of a job that is under way/,
  ],
  "a list of things to let go of that is none": ["say({ t: 'free', keys: 'all' })", /a list that is none/],
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

const LONG_URL = "'http://a.example/' + '\\u00e9/'.repeat(30_000)";
const TAKE_TIME: Readonly<Record<string, string>> = {
  "url.parse": `say({ t: 'url.parse', url: ${LONG_URL}, base: null })`,
  "url.set": `say({ t: 'url.set', href: 'http://a.example/', part: 'pathname', value: '\\u00e9/'.repeat(30_000) })`,
  decode: "say({ t: 'decode', fatal: false }, new ArrayBuffer(4 * 1024 * 1024))",
  "encoding.tables": "say({ t: 'encoding.tables' })",
};

for (const [name, question] of Object.entries(TAKE_TIME)) {
  test(`${name}, asked without end, is rationed: the thread is the others' too`, async () => {
    const { call } = await attack(`
      const end = Date.now() + 600;
      let answered = 0, put = 0;
      while (Date.now() < end) (${question}) === false ? put++ : answered++;
      say({ t: 'result', call, ok: true, value: { answered, put } });
    `);
    await neighbourLives();
    const result = await sandbox.result(call);
    const { answered, put } = (result.ok ? result.value : {}) as { answered: number; put: number };
    assert.ok(answered > 0 && put > 0, `${answered} answered, ${put} put off`);
  });
}
