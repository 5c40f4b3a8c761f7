import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "#host/base/errors.ts";
import { StreamReader, StreamWriter } from "./stream.ts";

const BOUNDS = { windowBytes: 64, chunkBytes: 16 };

function protocolError(thrown: unknown): boolean {
  return thrown instanceof HostError && thrown.code === "sandbox.protocol";
}

test("bytes cross whole and in order through a window smaller than they are", async () => {
  const source = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);
  let widest = 0;
  const reader = new StreamReader((bytes) => writer.grant(bytes), BOUNDS);
  const writer = new StreamWriter((chunk) => {
    widest = Math.max(widest, chunk.byteLength);
    reader.push(chunk);
  }, BOUNDS);
  const writing = writer.write(source).then(() => reader.end());
  const received: number[] = [];
  for await (const piece of reader) received.push(...piece);
  await writing;
  assert.deepEqual(received, [...source]);
  assert.equal(widest, 16);
});

test("a writer stops at the window until the reader has read", async () => {
  let sent = 0;
  const writer = new StreamWriter((chunk) => {
    sent += chunk.byteLength;
  }, BOUNDS);
  const writing = writer.write(new Uint8Array(100));
  await new Promise(setImmediate);
  assert.equal(sent, 64);
  writer.grant(36);
  await writing;
  assert.equal(sent, 100);
});

test("credit for bytes that were never sent is a protocol error", () => {
  const writer = new StreamWriter(() => {}, BOUNDS);
  assert.throws(() => writer.grant(1), protocolError);
});

test("a chunk past the window is a protocol error", () => {
  const reader = new StreamReader(() => {}, BOUNDS);
  reader.push(new Uint8Array(64));
  assert.throws(() => reader.push(new Uint8Array(1)), protocolError);
});

test("a chunk after the end is a protocol error", () => {
  const reader = new StreamReader(() => {}, BOUNDS);
  reader.end();
  assert.throws(() => reader.push(new Uint8Array(1)), protocolError);
});

test("single bytes that nobody reads are gathered, not kept one by one", async () => {
  const reader = new StreamReader(() => {}, { windowBytes: 4096, chunkBytes: 16 });
  for (let index = 0; index < 4000; index += 1) reader.push(Uint8Array.of(index % 251));
  reader.end();
  const pieces: Uint8Array[] = [];
  for await (const piece of reader) pieces.push(piece);
  assert.ok(pieces.length <= 2, `${pieces.length} pieces`);
  assert.deepEqual(
    Buffer.concat(pieces),
    Buffer.from(Array.from({ length: 4000 }, (_, index) => index % 251)),
  );
});

test("a reader that leaves early lets its sender finish", async () => {
  const reader = new StreamReader((bytes) => writer.grant(bytes), BOUNDS);
  const writer = new StreamWriter((chunk) => reader.push(chunk), BOUNDS);
  const writing = writer.write(new Uint8Array(500));
  for await (const piece of reader) {
    assert.ok(piece.byteLength > 0);
    break;
  }
  await writing;
});

test("a broken stream gives what came before it broke, then its reason", async () => {
  const reader = new StreamReader(() => {}, BOUNDS);
  reader.push(Uint8Array.of(1, 2));
  reader.fail(new Error("cut"));
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const piece of reader) seen.push(...piece);
  }, /cut/);
  assert.deepEqual(seen, [1, 2]);
});

test("closing a writer rejects the write that waits for credit", async () => {
  const writer = new StreamWriter(() => {}, BOUNDS);
  const writing = writer.write(new Uint8Array(100));
  await new Promise(setImmediate);
  writer.close(new Error("nobody reads"));
  await assert.rejects(writing, /nobody reads/);
});
