import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { HEAD_BYTES, kindOf } from "./kinds.ts";

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

test("images that models take are told by their content", () => {
  const screenshot = readFileSync(new URL("../../../docs/webchat.png", import.meta.url));
  assert.deepEqual(kindOf(screenshot), { type: "image", mimeType: "image/png" });
  assert.deepEqual(kindOf(bytes("\xff\xd8\xff\xe0")), { type: "image", mimeType: "image/jpeg" });
  assert.deepEqual(kindOf(bytes("GIF89a")), { type: "image", mimeType: "image/gif" });
  assert.deepEqual(kindOf(bytes("RIFF....WEBPVP8 ")), { type: "image", mimeType: "image/webp" });
});

test("binaries are named", () => {
  assert.deepEqual(kindOf(gzipSync("x")), { type: "binary", name: "a gzip archive" });
  const program = readFileSync(process.execPath).subarray(0, HEAD_BYTES);
  assert.match(JSON.stringify(kindOf(program)), /a program/);
  assert.deepEqual(kindOf(bytes("RIFF....WAVE")), { type: "binary", name: "a sound or video file (RIFF)" });
  assert.deepEqual(kindOf(bytes("abc\0def")), { type: "binary", name: "a binary file" });
  assert.match(JSON.stringify(kindOf(bytes("\xff\xfea\0"))), /UTF-16/);
});

test("text is text, in any script, empty too", () => {
  for (const text of ["", "hello", "漢字 🙂", "PK is two letters", "%PDF", "GIF", "MZ is a name"]) {
    assert.equal(kindOf(new TextEncoder().encode(text)).type, "text", text);
  }
});
