import assert from "node:assert/strict";
import { test } from "node:test";
import { createScrubber } from "./scrub.ts";

const VALUE = `k/a+b=c&d<e> f'~é`;
const { text } = createScrubber([{ value: VALUE, placeholder: "PLACEHOLDER" }]);

/** As each writer really has it. */
const WRITTEN: Readonly<Record<string, string>> = {
  "JSON.stringify": "k/a+b=c&d<e> f'~é",
  "PHP's json_encode": "k\\/a+b=c&d<e> f'~\\u00e9",
  "Python's json.dumps": "k/a+b=c&d<e> f'~\\u00e9",
  "Go's encoding/json": "k/a+b=c\\u0026d\\u003ce\\u003e f'~é",
  Gson: "k/a+b\\u003dc\\u0026d\\u003ce\\u003e f\\u0027~é",
  "System.Text.Json": "k/a\\u002Bb=c\\u0026d\\u003Ce\\u003E f\\u0027~\\u00E9",
  encodeURIComponent: "k%2Fa%2Bb%3Dc%26d%3Ce%3E%20f'~%C3%A9",
  encodeURI: "k/a+b=c&d%3Ce%3E%20f'~%C3%A9",
  "a form": "k%2Fa%2Bb%3Dc%26d%3Ce%3E+f%27%7E%C3%A9",
  "Python's quote_plus": "k%2Fa%2Bb%3Dc%26d%3Ce%3E+f%27~%C3%A9",
  "ASP.NET's UrlEncode": "k%2fa%2bb%3dc%26d%3ce%3e+f%27%7e%c3%a9",
};

for (const [writer, written] of Object.entries(WRITTEN)) {
  test(`a value is found as ${writer} writes it`, () => {
    assert.equal(text(`a ${written} b`), "a PLACEHOLDER b");
  });
}

test("a value is found in base64, alone, behind something else, and as URLs have it", () => {
  for (const before of ["", "u", "us", "use", "user:"]) {
    for (const behind of ["", ":", "::", "::x"]) {
      for (const spelling of ["base64", "base64url"] as const) {
        const written = Buffer.from(before + VALUE + behind).toString(spelling);
        assert.match(text(written), /PLACEHOLDER/, `${before}…${behind} ${spelling}`);
      }
    }
  }
});
