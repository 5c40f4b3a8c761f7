import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HostError } from "#host/base/errors.ts";
import { parseSandboxFrame } from "./frame-schema.ts";
import { createDecoder, encodeFrame, FROM_SANDBOX } from "./framing.ts";
import type { Frame } from "./protocol.ts";

const BOUNDS = { maxHeaderBytes: 200, maxPayloadBytes: 100 };

function protocolError(rule: RegExp) {
  return (thrown: unknown) =>
    thrown instanceof HostError && thrown.code === "sandbox.protocol" && rule.test(thrown.message);
}

function lengths(total: number, header: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, total, true);
  new DataView(bytes.buffer).setUint32(4, header, true);
  return bytes;
}

test("any frames come out as they went in, however their bytes are cut", () => {
  const frame = fc.record({
    header: fc.record(
      { t: fc.constant("update"), isolate: fc.nat(), call: fc.nat(), text: fc.string() },
      { noNullPrototype: true },
    ),
    payload: fc.uint8Array({ maxLength: 20_000 }),
  });
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 5 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 9_000 })),
      (frames, cuts) => {
        const wire = Buffer.concat(
          frames.flatMap(({ header, payload }) => encodeFrame(header as Frame, payload)),
        );
        const decoder = createDecoder(FROM_SANDBOX);
        const seen = [];
        for (let at = 0; at < wire.byteLength;) {
          const size = cuts.next().value ?? 1;
          seen.push(...decoder.push(wire.subarray(at, at + size)));
          at += size;
        }
        assert.equal(seen.length, frames.length);
        for (const [index, { header, payload }] of frames.entries()) {
          assert.deepEqual(seen[index]?.header, header);
          assert.deepEqual(Buffer.from(seen[index]?.payload ?? []), Buffer.from(payload));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a large payload is sent as it is, behind its header", () => {
  const payload = new Uint8Array(64 * 1024);
  const pieces = encodeFrame({ t: "chunk", isolate: 1, effect: 1 }, payload);
  assert.equal(pieces[1], payload);
});

test("a frame over its bounds is refused from its first eight bytes", () => {
  const cases: [Uint8Array, RegExp][] = [
    [lengths(0xffffffff, 0xffffffff), /header has 4294967295 bytes, the limit is 200/],
    [lengths(4 + 10 + 101, 10), /payload has 101 bytes, the limit is 100/],
    [lengths(5, 10), /length 5 is less than its header's 10/],
  ];
  for (const [bytes, rule] of cases) {
    assert.throws(() => createDecoder(BOUNDS).push(bytes), protocolError(rule));
    const slow = createDecoder(BOUNDS);
    assert.deepEqual(slow.push(bytes.subarray(0, 7)), []);
    assert.throws(() => slow.push(bytes.subarray(7)), protocolError(rule));
  }
});

test("a header that is not a JSON object in UTF-8 is refused", () => {
  for (const header of ["", "{", "[]", "null", "1", "\xff\xfe"]) {
    const json = Buffer.from(header, "latin1");
    const wire = Buffer.concat([lengths(4 + json.byteLength, json.byteLength), json]);
    assert.throws(() => createDecoder(BOUNDS).push(wire), protocolError(/its header is not/));
  }
});

test("no byte sequence makes decoder or schema throw anything but a protocol error", () => {
  const kinds = [
    "effect",
    "chunk",
    "credit",
    "end",
    "cancel",
    "result",
    "update",
    "console",
    "opened",
    "crash",
    "ready",
  ];
  const header = fc.oneof(
    fc.json(),
    fc
      .record({
        t: fc.constantFrom(...kinds, "__proto__", "constructor"),
        isolate: fc.oneof(fc.nat(), fc.anything()),
        effect: fc.oneof(fc.nat(), fc.anything()),
        call: fc.oneof(fc.nat(), fc.anything()),
        request: fc.oneof(
          fc.anything(),
          fc.record({ kind: fc.constantFrom("http.request", "file.read", "exec"), path: fc.anything() }),
        ),
        ok: fc.anything(),
        value: fc.anything(),
      })
      .map((value) => jsonOrNull(value)),
  );
  const framed = fc.tuple(header, fc.uint8Array({ maxLength: 64 })).map(([json, payload]) => {
    const bytes = Buffer.from(json);
    return Buffer.concat([
      lengths(4 + bytes.byteLength + payload.byteLength, bytes.byteLength),
      bytes,
      payload,
    ]);
  });
  const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.array(fc.oneof(framed, noise), { maxLength: 6 }), (pieces) => {
      const decoder = createDecoder(FROM_SANDBOX);
      try {
        for (const packet of decoder.push(Buffer.concat(pieces))) {
          parseSandboxFrame(packet.header, packet.payload.byteLength);
        }
      } catch (thrown) {
        if (!protocolError(/^Cannot (?:read|accept) a frame/)(thrown)) throw thrown;
      }
    }),
    { numRuns: 3_000 },
  );
});

function jsonOrNull(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch {
    return "null";
  }
}
