import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "#host/base/errors.ts";
import type { JsonObject, JsonValue } from "#host/base/json.ts";
import { parseSandboxFrame } from "./frame-schema.ts";

const request = {
  kind: "http.request",
  method: "GET",
  url: "https://example.org/",
  headers: [["accept", "*/*"]],
  redirect: "follow",
  hasBody: false,
};
const failure = { code: "network", message: "reset" };

const accepted: JsonObject[] = [
  { t: "ready", version: 1, node: "v26.10.0", v8: "14.7" },
  { t: "walls", network: false, filesystem: false, processes: false, environment: true },
  { t: "opened", isolate: 1, ok: true },
  { t: "opened", isolate: 1, ok: false, error: { name: "TypeError", message: "x", stack: "at main.ts:1" } },
  { t: "result", isolate: 1, call: 2, ok: true, value: { content: [] } },
  { t: "result", isolate: 1, call: 2, ok: false, error: { name: "Error", message: "x", failure } },
  { t: "update", isolate: 1, call: 2, text: "half" },
  { t: "effect", isolate: 1, effect: 3, call: 2, request },
  {
    t: "effect",
    isolate: 1,
    effect: 3,
    call: 2,
    request: { kind: "file.read", path: "$WORKSPACE/a", length: 9 },
  },
  ...(
    [
      { kind: "storage.get", key: "a\0b" },
      { kind: "storage.set", key: "", format: "bytes" },
      { kind: "storage.delete", key: "a" },
      { kind: "storage.list", prefix: "", after: "a" },
    ] as const
  ).map((stored) => ({ t: "effect", isolate: 1, effect: 3, call: 2, request: stored })),
  {
    t: "effect",
    isolate: 1,
    effect: 3,
    call: 2,
    request: { kind: "socket.open", url: "wss://example.org/", protocols: ["v1"], headers: [["a", "b"]] },
  },
  {
    t: "effect",
    isolate: 1,
    effect: 3,
    call: 2,
    request: { kind: "socket.tcp", host: "imap.example.org", port: 993, tls: true },
  },
  ...(
    [
      { kind: "route.body" },
      { kind: "route.answer", status: 200, headers: [["a", "b"]], hasBody: true },
      { kind: "channel.receive", event: { type: "message", sender: { id: "1" } } },
      { kind: "channel.status", state: "logged-out", detail: "" },
      { kind: "channel.prompt", step: { type: "note" } },
    ] as const
  ).map((own) => ({ t: "effect", isolate: 1, effect: 3, call: 2, request: own as unknown as JsonObject })),
  { t: "cancel", isolate: 1, effect: 3 },
  { t: "end", isolate: 1, effect: 3 },
  { t: "end", isolate: 1, effect: 3, failure },
  { t: "credit", isolate: 1, effect: 3, bytes: 65536 },
  { t: "console", isolate: 1, level: "warn", text: "careful" },
  { t: "crash", isolate: 1, reason: "out of memory" },
];

test("every kind of frame that a sandbox may send is accepted", () => {
  for (const frame of accepted) assert.deepEqual(parseSandboxFrame(frame), frame);
  const chunk = { t: "chunk", isolate: 1, effect: 3 };
  assert.deepEqual(parseSandboxFrame(chunk, 65536), chunk);
});

function nested(depth: number): JsonValue {
  let value: JsonValue = [];
  for (let level = 1; level < depth; level += 1) value = [value];
  return value;
}

const result = (value: JsonValue) => ({ t: "result", isolate: 1, call: 2, ok: true, value });

test("JSON is accepted at the greatest depth and refused one below it", () => {
  parseSandboxFrame(result(nested(64)));
  assert.throws(() => parseSandboxFrame(result(nested(65))), /value must be JSON nested at most 64 deep/);
});

const own = (kind: string, more: JsonObject): JsonObject => ({
  t: "effect",
  isolate: 1,
  effect: 3,
  call: 2,
  request: { kind, ...more },
});

const refused: [string, JsonObject, RegExp][] = [
  [
    "an answer that switches protocols",
    own("route.answer", { status: 101, headers: [], hasBody: false }),
    /status must be/,
  ],
  ["an event that is no object", own("channel.receive", { event: [] }), /event must be an object/],
  ["an event nested without end", own("channel.receive", { event: { a: nested(9) } }), /at most 8 deep/],
  [
    "an event of an account that the frame names",
    own("channel.receive", { event: {}, account: "other" }),
    /unknown key/,
  ],
  ["a state that there is not", own("channel.status", { state: "owned", detail: "" }), /state must be/],
  ["a kind that only hosts send", { t: "open", isolate: 1 }, /"unknown": its kind is none/],
  ["a kind from the prototype", { t: "constructor" }, /"unknown"/],
  [
    "an unknown key",
    { t: "cancel", isolate: 1, effect: 3, plugin: "bank" },
    /plugin has a missing or unknown key|unknown key/,
  ],
  ["a missing key", { t: "cancel", isolate: 1 }, /key/],
  ["a fraction", { t: "cancel", isolate: 1.5, effect: 3 }, /isolate must be/],
  ["a negative number", { t: "cancel", isolate: -1, effect: 3 }, /isolate must be/],
  ["a number past 2^53", { t: "cancel", isolate: 2 ** 60, effect: 3 }, /isolate must be/],
  ["a number as text", { t: "cancel", isolate: "1", effect: 3 }, /isolate must be/],
  [
    "storage of a plugin that the frame names",
    {
      t: "effect",
      isolate: 1,
      effect: 3,
      call: 2,
      request: { kind: "storage.get", key: "a", plugin: "bank" },
    },
    /key/,
  ],
  ["no credit at all", { t: "credit", isolate: 1, effect: 3, bytes: 0 }, /bytes must be/],
  [
    "an unknown effect",
    { t: "effect", isolate: 1, effect: 3, call: 2, request: { kind: "exec", argv: ["sh"] } },
    /request.kind must be/,
  ],
  [
    "a method with a line break",
    { t: "effect", isolate: 1, effect: 3, call: 2, request: { ...request, method: "GET\r\n" } },
    /request.method must be 1 to 16 letters/,
  ],
  [
    "a port past the last",
    {
      t: "effect",
      isolate: 1,
      effect: 3,
      call: 2,
      request: { kind: "socket.tcp", host: "a.org", port: 65_536, tls: false },
    },
    /request.port must be/,
  ],
  [
    "too many header lines",
    {
      t: "effect",
      isolate: 1,
      effect: 3,
      call: 2,
      request: { ...request, headers: Array.from({ length: 257 }, () => ["a", "b"]) },
    },
    /request.headers must be/,
  ],
  [
    "header lines that are too long together",
    {
      t: "effect",
      isolate: 1,
      effect: 3,
      call: 2,
      request: { ...request, headers: [["a", "b".repeat(70_000)]] },
    },
    /at most 65536 characters/,
  ],
  [
    "a header line of three",
    { t: "effect", isolate: 1, effect: 3, call: 2, request: { ...request, headers: [["a", "b", "c"]] } },
    /request.headers/,
  ],
  ["a text without end", { t: "update", isolate: 1, call: 2, text: "x".repeat(20_000) }, /text must be/],
  [
    "an error that speaks for the host",
    { t: "result", isolate: 1, call: 2, ok: false, error: { name: "E", message: "m", code: "x" } },
    /key/,
  ],
];

for (const [name, frame, rule] of refused) {
  test(`${name} is refused with its field and rule`, () => {
    assert.throws(
      () => parseSandboxFrame(frame),
      (thrown) => {
        assert.ok(thrown instanceof HostError && thrown.code === "sandbox.protocol");
        assert.match(thrown.message, rule);
        return true;
      },
    );
  });
}

test("a payload is refused where none belongs, and an empty or oversized chunk is refused", () => {
  assert.throws(() => parseSandboxFrame({ t: "cancel", isolate: 1, effect: 3 }, 1), /payload of 1 bytes/);
  assert.throws(() => parseSandboxFrame({ t: "chunk", isolate: 1, effect: 3 }, 0), /payload of 0 bytes/);
  assert.throws(
    () => parseSandboxFrame({ t: "chunk", isolate: 1, effect: 3 }, 65537),
    /payload of 65537 bytes/,
  );
});

test("a message never repeats what the sandbox sent", () => {
  const secret = "s3cret-value";
  assert.throws(
    () => parseSandboxFrame({ t: "cancel", isolate: secret, effect: 3 }),
    (thrown) => thrown instanceof HostError && !thrown.message.includes(secret),
  );
});
