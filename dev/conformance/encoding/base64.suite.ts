/** HTML standard, section 8.3: atob and btoa. */
import { is, same, throws, throwsDom, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

test("btoa of every byte, and back", () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  for (let length = 0; length <= 256; length += 17)
    is(atob(btoa(all.slice(0, length))), all.slice(0, length));
  same(
    ["", "a", "ab", "abc", "\u00ff"].map((text) => btoa(text)),
    ["", "YQ==", "YWI=", "YWJj", "/w=="],
  );
});

test("btoa refuses characters beyond a byte", () => {
  throwsDom("InvalidCharacterError", () => btoa("\u0100"));
  throwsDom("InvalidCharacterError", () => btoa("\u{1f600}"));
});

for (const [input, expected] of [
  ["", ""],
  ["YQ", "a"],
  ["YQ==", "a"],
  ["YWI", "ab"],
  [" Y\tQ\n=\f=\r", "a"],
  ["YR==", "a"],
  ["YR", "a"],
  ["ab", "i"],
  ["abc", "i\u00b7"],
] as const) {
  test(`atob ${JSON.stringify(input)}`, () => is(atob(input), expected));
}

for (const input of [
  "a",
  "YQ=",
  "YQ===",
  "=",
  "==",
  "YQ=a",
  "Y=Q=",
  "Y Q = = =",
  "\u00a0YQ",
  "YQ-_",
  "abcde",
  "ab\0c",
]) {
  test(`atob refuses ${JSON.stringify(input)}`, () => throwsDom("InvalidCharacterError", () => atob(input)));
}

test("arguments become text, and are required", () => {
  same(
    [atob(untyped(null)), atob(untyped(12)), btoa(untyped(undefined))],
    ["\u009e\u00e9e", "\u00d7", "dW5kZWZpbmVk"],
  );
  throws(TypeError, () => Reflect.apply(atob, globalThis, []));
  throws(TypeError, () => Reflect.apply(btoa, globalThis, []));
});
