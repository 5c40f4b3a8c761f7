import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { JsonObject } from "#host/base/json.ts";
import { PIPE } from "#host/base/limits.ts";
import type { EffectFrame } from "#host/pipe/protocol.ts";
import { startSandbox, toolCode, type TestSandbox } from "./sandbox-for-tests.ts";

let sandbox: TestSandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.stop());

const bytes = (text: string) => new TextEncoder().encode(text);
const at = ({ isolate, effect }: EffectFrame) => ({ isolate, effect });

async function effect(): Promise<EffectFrame> {
  return (await sandbox.next("effect")).frame;
}

function reply(frame: EffectFrame, status = 200, headers: [string, string][] = [], body = true): void {
  const url = frame.request.kind === "http.request" ? frame.request.url : "";
  sandbox.send({
    t: "reply",
    ...at(frame),
    ok: true,
    head: { status, statusText: "OK", headers, url },
    body,
  });
}

test("fetch asks for its effect and reads the answer as a Response", async () => {
  const execute = `async () => {
    const response = await fetch("https://example.org/a?b", { method: "POST", headers: { "X-One": "1" }, redirect: "manual" });
    return JSON.stringify([response.status, response.url, response.headers.get("x-two"), await response.json()]);
  }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  const call = sandbox.start(isolate);
  const frame = await effect();
  assert.deepEqual(frame, {
    t: "effect",
    isolate,
    effect: 1,
    call,
    request: {
      kind: "http.request",
      method: "POST",
      url: "https://example.org/a?b",
      headers: [["x-one", "1"]],
      redirect: "manual",
      hasBody: false,
    },
  });
  reply(frame, 201, [["x-two", "2"]]);
  sandbox.send({ t: "chunk", ...at(frame) }, bytes('{"he'));
  sandbox.send({ t: "chunk", ...at(frame) }, bytes('llo":1}'));
  sandbox.send({ t: "end", ...at(frame) });
  const result = await sandbox.result(call);
  assert.match(JSON.stringify(result), /201,\\"https:\/\/example.org\/a\?b\\",\\"2\\",\{\\"hello\\":1\}/);
});

test("a download gives credit only for what the plugin has read", async () => {
  const execute = `async (_, ctx) => {
    const reader = (await fetch("https://example.org/")).body.getReader();
    let size = 0;
    const read = async (bytes) => { while (size < bytes) { const { value, done } = await reader.read(); if (done) break; size += value.byteLength; } };
    await read(${PIPE.windowBytes / 2});
    ctx.update("half");
    await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    await read(Infinity);
    return String(size);
  }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  const call = sandbox.start(isolate);
  const frame = await effect();
  reply(frame);
  const chunks = PIPE.windowBytes / PIPE.chunkBytes;
  for (let sent = 0; sent < chunks; sent++) {
    sandbox.send({ t: "chunk", ...at(frame) }, new Uint8Array(PIPE.chunkBytes));
  }
  await sandbox.next("update");
  // An answer that came in behind the chunks shows that all of them have.
  await sandbox.call(isolate, { entry: "describe", name: "" });
  const granted = sandbox
    .seen("credit")
    .reduce((sum, seen) => sum + (seen.t === "credit" ? seen.bytes : 0), 0);
  assert.equal(granted, PIPE.windowBytes / 2);
  sandbox.send({ t: "abort", isolate, call, reason: "go on" });
  sandbox.send({ t: "chunk", ...at(frame) }, bytes("last"));
  sandbox.send({ t: "end", ...at(frame) });
  assert.match(JSON.stringify(await sandbox.result(call)), new RegExp(`"${PIPE.windowBytes + 4}"`));
});

test("an upload stops at the window and goes on with credit", async () => {
  const size = PIPE.windowBytes + 1_000;
  const execute = `async () => (await fetch("https://example.org/", { method: "PUT", body: new Uint8Array(${size}).fill(7) })).statusText`;
  const isolate = await sandbox.open(toolCode("run", execute));
  const call = sandbox.start(isolate);
  const frame = await effect();
  assert.equal(frame.request.kind === "http.request" && frame.request.hasBody, true);
  let received = 0;
  while (received < PIPE.windowBytes) received += (await sandbox.next("chunk")).payload.byteLength;
  assert.equal(received, PIPE.windowBytes);
  // A call through the same entry shows that the isolate had its turn and sent nothing more.
  await sandbox.call(isolate, { entry: "describe", name: "" });
  assert.deepEqual(sandbox.seen("chunk"), []);
  sandbox.send({ t: "credit", ...at(frame), bytes: PIPE.windowBytes });
  const rest = await sandbox.next("chunk");
  assert.equal(rest.payload.byteLength, 1_000);
  assert.equal(rest.payload[0], 7);
  await sandbox.next("end");
  reply(frame, 200, [], false);
  assert.match(JSON.stringify(await sandbox.result(call)), /"OK"/);
});

test("an upload whose source fails is given up, and fetch rejects with the source's error", async () => {
  const execute = `async ({ chunk }) => {
    const body = new ReadableStream({ pull(c) { if (chunk) c.enqueue(chunk); else throw new Error("the source is dry") } });
    return fetch("https://example.org/", { method: "POST", body, duplex: "half" }).catch((error) => error.message);
  }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  for (const [chunk, message] of [
    ["text", "a chunk that is not bytes"],
    ["", "the source is dry"],
  ] as const) {
    const call = sandbox.start(isolate, { args: { chunk } });
    const frame = await effect();
    assert.deepEqual((await sandbox.next("cancel")).frame, { t: "cancel", ...at(frame) });
    assert.match(JSON.stringify(await sandbox.result(call)), new RegExp(message));
  }
});

test("a refused effect is a TypeError with code and fix, and an error that was let through carries the failure", async () => {
  const execute = `async ({ wrap }) => {
    try { await fetch("https://example.org/"); }
    catch (error) {
      if (wrap) throw new Error("Cannot look it up", { cause: error });
      return [error.constructor.name, error.message, error.code, error.fix, error.cause.code].join("|");
    }
  }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  const failure = { code: "denied", message: "Cannot reach example.org", fix: "Declare it" } as const;
  const caught = sandbox.start(isolate, { args: { wrap: false } });
  sandbox.send({ t: "reply", ...at(await effect()), ok: false, failure });
  assert.match(
    JSON.stringify(await sandbox.result(caught)),
    /TypeError\|Cannot reach example.org\|denied\|Declare it\|denied/,
  );
  const wrapped = sandbox.start(isolate, { args: { wrap: true } });
  sandbox.send({ t: "reply", ...at(await effect()), ok: false, failure });
  const result = await sandbox.result(wrapped);
  assert.deepEqual(!result.ok && [result.error.message, result.error.failure], [
    "Cannot look it up",
    failure,
  ]);
});

test("a plugin cannot make up a refusal", async () => {
  const execute = `() => { throw Object.assign(new TypeError("no"), { code: "denied", failure: { code: "denied", message: "forged" }, cause: { code: "denied" } }) }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  const result = await sandbox.call(isolate);
  assert.ok(!result.ok);
  assert.equal("failure" in result.error, false);
});

test("an aborted fetch cancels its effect, before the answer and in the middle of it", async () => {
  const execute = `async ({ late }, ctx) => {
    const controller = new AbortController();
    ctx.signal.addEventListener("abort", () => controller.abort(new Error("enough")));
    try {
      const response = await fetch("https://example.org/", { signal: controller.signal });
      ctx.update("answered");
      await response.text();
    } catch (error) { return error.message }
  }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  for (const late of [false, true]) {
    const call = sandbox.start(isolate, { args: { late } });
    const frame = await effect();
    if (late) {
      reply(frame);
      sandbox.send({ t: "chunk", ...at(frame) }, bytes("some"));
      await sandbox.next("update");
    }
    sandbox.send({ t: "abort", isolate, call, reason: "stop" });
    assert.deepEqual((await sandbox.next("cancel")).frame, { t: "cancel", ...at(frame) });
    assert.match(JSON.stringify(await sandbox.result(call)), /"enough"/);
  }
});

test("a body that nobody wants is cancelled", async () => {
  const execute = `async () => { const r = await fetch("https://example.org/"); await r.body.cancel(); return "done" }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  const call = sandbox.start(isolate);
  const frame = await effect();
  reply(frame);
  assert.deepEqual((await sandbox.next("cancel")).frame, { t: "cancel", ...at(frame) });
  assert.equal((await sandbox.result(call)).ok, true);
});

test("a body that breaks off rejects its reader with the failure", async () => {
  const execute = `async () => (await fetch("https://example.org/")).text()`;
  const isolate = await sandbox.open(toolCode("run", execute));
  const call = sandbox.start(isolate);
  const frame = await effect();
  const failure = { code: "network", message: "The connection broke" } as const;
  reply(frame);
  sandbox.send({ t: "chunk", ...at(frame) }, bytes("half of"));
  sandbox.send({ t: "end", ...at(frame), failure });
  const result = await sandbox.result(call);
  assert.deepEqual(!result.ok && result.error.failure, failure);
});

test("an effect ends with its call, and code that runs on can start no other", async () => {
  const execute = `async (_, ctx) => {
    const later = (async () => {
      const first = await fetch("https://example.org/").catch((error) => error.name + ": " + error.message);
      const second = await fetch("https://example.org/").catch((error) => error.name + ": " + error.message);
      console.log(first + " / " + second);
    })();
    return "returned early";
  }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  assert.equal(await sandbox.text(isolate), "returned early");
  await effect();
  const { frame } = await sandbox.next("console");
  assert.match(
    frame.text,
    /^AbortError: .*call that it belonged to has ended \/ TypeError: Cannot reach outside: no call is running/,
  );
  assert.deepEqual(sandbox.seen("effect"), []);
});

test("an effect is counted for the call whose code asked for it", async () => {
  const execute = `async ({ wait }) => {
    await new Promise((resolve) => setTimeout(resolve, wait));
    return (await fetch("https://example.org/" + wait)).statusText;
  }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  const slow = sandbox.start(isolate, { args: { wait: 60 } });
  const quick = sandbox.start(isolate, { args: { wait: 20 } });
  for (const [call, wait] of [
    [quick, 20],
    [slow, 60],
  ] as const) {
    const frame = await effect();
    assert.equal(frame.call, call);
    assert.match(JSON.stringify(frame.request), new RegExp(`/${wait}"`));
    reply(frame, 200, [], false);
    await sandbox.result(call);
  }
});

test("ctx.files asks for file effects", async () => {
  const execute = `async (_, { files }) => {
    const text = await files.readText("notes.txt");
    const part = await files.read("notes.txt", { offset: 1, length: 2 });
    await files.write("out.txt", text + part.length);
    const { size } = await files.stat("out.txt");
    const names = (await files.list(".")).map((entry) => entry.name);
    await files.mkdir("d/e");
    await files.rename("out.txt", "d/out.txt", { replace: true });
    await files.remove("d");
    const missing = await files.readText("none").catch((error) => error.constructor.name + " " + error.code);
    return [text, part.length, size, names, missing].join("|");
  }`;
  const isolate = await sandbox.open(toolCode("run", execute));
  const call = sandbox.start(isolate);
  const answer = async (request: object, head: JsonObject, body?: string) => {
    const frame = await effect();
    assert.deepEqual(frame.request, request);
    sandbox.send({ t: "reply", ...at(frame), ok: true, head, body: body !== undefined });
    if (body === undefined) return;
    sandbox.send({ t: "chunk", ...at(frame) }, bytes(body));
    sandbox.send({ t: "end", ...at(frame) });
  };
  await answer({ kind: "file.read", path: "notes.txt" }, { size: 6 }, "grüße");
  await answer({ kind: "file.read", path: "notes.txt", offset: 1, length: 2 }, { size: 6 }, "rü");
  // Answered only once all of it is here: what comes after the answer is nobody's.
  const { payload } = await sandbox.next("chunk");
  await sandbox.next("end");
  assert.equal(new TextDecoder().decode(payload), "grüße3");
  await answer({ kind: "file.write", path: "out.txt", mode: "replace" }, { size: 8 });
  await answer({ kind: "file.stat", path: "out.txt" }, { type: "file", size: 8, modifiedAt: 1 });
  await answer(
    { kind: "file.list", path: "." },
    { entries: [{ name: "out.txt", type: "file", size: 8, modifiedAt: 1 }] },
  );
  await answer({ kind: "file.mkdir", path: "d/e" }, {});
  await answer({ kind: "file.rename", path: "out.txt", to: "d/out.txt", replace: true }, {});
  await answer({ kind: "file.remove", path: "d", recursive: false }, {});
  const failure = { code: "not-found", message: "Cannot read it" } as const;
  sandbox.send({ t: "reply", ...at(await effect()), ok: false, failure });
  assert.match(JSON.stringify(await sandbox.result(call)), /grüße\|3\|8\|out.txt\|Error not-found/);
});
