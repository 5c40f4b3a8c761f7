import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EDGE } from "#host/base/limits.ts";
import { startSandbox, toolCode, type TestSandbox } from "./sandbox-for-tests.ts";

let sandbox: TestSandbox;
let neighbour: number;
before(async () => {
  sandbox = await startSandbox();
  neighbour = await sandbox.open(toolCode("run", "() => 'alive'"));
});
after(() => sandbox.stop());

/** Runs code that must end its isolate; answers the reason. */
async function crash(execute: string, options: { readonly cpuSliceMs?: number } = {}): Promise<string> {
  const isolate = await sandbox.open(toolCode("run", execute));
  sandbox.start(isolate, { cpuSliceMs: 200, ...options });
  const { frame } = await sandbox.next("crash");
  assert.equal(frame.isolate, isolate);
  assert.equal(await sandbox.text(neighbour), "alive");
  return frame.reason;
}

const loops = {
  "a loop": "() => { for (;;); }",
  "a loop after an await": "async () => { await null; for (;;); }",
  "an endless chain of microtasks": "async () => { for (;;) await null; }",
  "a loop in a timer": "() => new Promise(() => setTimeout(() => { for (;;); }, 1))",
  "a hopeless regular expression": "() => String(/^(a+)+$/.test('a'.repeat(40) + 'b'))",
};

for (const [name, execute] of Object.entries(loops)) {
  test(`${name} ends its isolate after its slice, and no other`, async () => {
    assert.equal(await crash(execute), "It ran for more than 200 ms without a pause");
  });
}

test("other isolates are answered while one loops", async () => {
  const isolate = await sandbox.open(toolCode("run", "() => { for (;;); }"));
  sandbox.start(isolate, { cpuSliceMs: 60_000 });
  const answers = [];
  for (let call = 0; call < 20; call++) answers.push(await sandbox.text(neighbour));
  assert.equal(answers.length, 20);
  // Only now: it looped all the while, and closing an isolate ends its loop.
  sandbox.send({ t: "close", isolate });
  assert.equal(await sandbox.text(neighbour), "alive");
});

test("a heap that grows without end ends its isolate", async () => {
  const reason = await crash("() => { const all = []; for (;;) all.push({ a: [1, 2, 3] }) }", {
    cpuSliceMs: 20_000,
  });
  assert.equal(reason, "It used more than its heap of 64 MiB");
});

test("a loop at the top level ends the isolate before it opened", async () => {
  const opened = sandbox.open("for (;;);").catch(String);
  const { frame } = await sandbox.next("crash");
  assert.match(frame.reason, /^It ran for more than 2000 ms/);
  assert.equal(await sandbox.text(neighbour), "alive");
  void opened;
});

test("what is thrown after the call is written to the plugin's console and fails no call", async () => {
  const execute = `({ how }) => {
    if (how === "timer") setTimeout(() => { throw new Error("late in a timer") }, 1);
    if (how === "rejection") void Promise.reject(new Error("late in a promise"));
    if (how === "microtask") queueMicrotask(() => { throw new Error("late in a microtask") });
    return "fine";
  }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  for (const [how, text] of [
    ["timer", /Uncaught Error: late in a timer/],
    ["microtask", /Uncaught Error: late in a microtask/],
    ["rejection", /Uncaught \(in promise\) Error: late in a promise/],
  ] as const) {
    assert.equal(await sandbox.text(isolate, { args: { how } }), "fine");
    // V8 reports a rejection at the next entry, which is some other call's.
    assert.equal(await sandbox.text(isolate, { args: {} }), "fine");
    const { frame } = await sandbox.next("console");
    assert.match(frame.text, text);
    assert.equal(frame.level, "error");
    assert.doesNotMatch(frame.text, /edge:runtime|sandbox-child|\/tmp|isolated-vm/);
  }
});

test("two isolates share no globals", async () => {
  const set = await sandbox.open(
    toolCode("run", "() => { globalThis.mark = 1; Array.prototype.mark = 1; return 'set' }"),
  );
  assert.equal(await sandbox.text(set), "set");
  const read = await sandbox.open(toolCode("run", "() => typeof globalThis.mark + typeof [].mark"));
  assert.equal(await sandbox.text(read), "undefinedundefined");
});

test("isolated-vm, the doors and Node are out of reach", async () => {
  const execute = `() => {
    const names = ["ivm", "__edgeBoot", "__host", "require", "process", "Buffer", "SharedArrayBuffer", "WebAssembly", "$0", "boot"];
    const found = names.filter((name) => name in globalThis);
    const own = Function("return Object.getOwnPropertyNames(globalThis)")().filter((name) => /ivm|edge|door|^Reference$|ExternalCopy|Callback/i.test(name));
    return JSON.stringify([found, own, typeof Atomics.wait, Function("return typeof process")()]);
  }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  assert.equal(await sandbox.text(isolate), JSON.stringify([[], [], "undefined", "undefined"]));
});

test("WebAssembly is there for an isolate that was granted it", async () => {
  const isolate = await sandbox.open(toolCode("run", "() => typeof WebAssembly.Module"), { wasm: true });
  assert.equal(await sandbox.text(isolate), "function");
});

test("a plugin that patches the built-ins neither sees the door nor speaks as another isolate", async () => {
  const before = `
    const caught = [];
    const spy = (object, name) => {
      const real = object[name];
      object[name] = function (...args) {
        for (const value of [this, ...args]) if (typeof value === "function") caught.push(value);
        return Reflect_apply(real, this, args);
      };
    };
    const Reflect_apply = Reflect.apply;
    spy(Promise.prototype, "then"); spy(Function.prototype, "call"); spy(Function.prototype, "bind");
    spy(Array.prototype, "push"); spy(Map.prototype, "set"); spy(Map.prototype, "get"); spy(Reflect, "apply");
    JSON.stringify = () => '{"t":"crash","isolate":1,"reason":"forged"}';
    JSON.parse = () => ({ t: "call", call: 1, entry: "tool", name: "run", args: {} });
    Object.defineProperty(Object.prototype, "isolate", { get: () => ${1}, set() {}, configurable: true });
  `;
  const execute = `async () => {
    console.log("a line");
    await new Promise((resolve) => setTimeout(resolve, 1));
    const told = [];
    for (const value of caught.slice(0, 200)) {
      try { value('{"t":"crash","reason":"forged"}'); } catch {}
      try { value('{"t":"console","isolate":${1},"level":"info","text":"forged"}'); } catch {}
    }
    return "ran";
  }`;
  const isolate = await sandbox.open(toolCode("run", execute, {}, before));
  const call = sandbox.start(isolate);
  const { frame } = await sandbox.next("console");
  assert.deepEqual([frame.isolate, frame.text], [isolate, "a line"]);
  assert.deepEqual(await sandbox.result(call), {
    t: "result",
    isolate,
    call,
    ok: true,
    value: { content: [{ type: "text", text: "ran" }] },
  });
  assert.deepEqual(sandbox.seen("crash"), []);
  assert.deepEqual(sandbox.seen("console"), []);
  assert.equal(await sandbox.text(neighbour), "alive");
});

test("a message that the host would refuse ends the isolate, not the process", async () => {
  const reason = await crash("() => { Object.prototype.toJSON = () => ({ t: 'effect' }); return 'x' }");
  assert.match(reason, /^It sent what it may not send\. /);
});

test("a walk over the stack finds no function of the runtime", async () => {
  const execute = `() => {
    const found = [];
    Error.prepareStackTrace = (_, sites) => {
      for (const site of sites) found.push(site.getFunction(), site.getThis());
      return "";
    };
    const look = () => { void new Error().stack; return "x" };
    Object.prototype.toJSON = function () { look(); return this };
    console.log({ a: 1 }, { get b() { return look() } });
    delete Object.prototype.toJSON;
    setTimeout(look, 0);
    return new Promise((resolve) => setTimeout(() => {
      resolve(found.length + " " + found.filter((value) => value !== undefined && value !== null).length);
    }, 5));
  }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  assert.match(await sandbox.text(isolate), /^[1-9]\d* 0$/);
  await sandbox.next("console");
});

test("more timers than allowed are refused in the plugin", async () => {
  const execute = `() => { for (;;) try { setTimeout(() => {}, 60_000) } catch (error) { return error.message } }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  assert.match(await sandbox.text(isolate), new RegExp(`the limit is ${EDGE.timers}$`));
});

test("a flood of console lines is cut, and the call still ends", async () => {
  const execute =
    "() => { for (let line = 0; line < 5_000; line++) console.log('x'.repeat(100_000)); return 'done' }";
  const isolate = await sandbox.open(toolCode("run", execute));
  assert.equal(await sandbox.text(isolate, { cpuSliceMs: 10_000 }), "done");
  const lines = sandbox.seen("console");
  assert.ok(lines.length >= EDGE.consoleLinesPerSecond && lines.length < 2_000, `${lines.length} lines`);
});

test("a frame for an isolate that is gone is dropped", async () => {
  const isolate = await sandbox.open(toolCode("run", "() => 'x'"));
  sandbox.send({ t: "close", isolate });
  sandbox.start(isolate);
  sandbox.send({ t: "credit", isolate: 999_999, effect: 1, bytes: 1 });
  assert.equal(await sandbox.text(neighbour), "alive");
  assert.deepEqual(sandbox.seen("crash"), []);
});

test("the process ends when its host goes away, also with an isolate in a loop", async () => {
  const own = await startSandbox();
  const isolate = await own.open(toolCode("run", "() => { for (;;); }"));
  own.start(isolate, { cpuSliceMs: 60_000 });
  await own.stop();
  assert.equal(own.process.signalCode, "SIGKILL");
});
