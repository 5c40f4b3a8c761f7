/** What is wrong with a frame, in upstream's words and order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { connectParams } from "./connect.ts";
import { describeIssues } from "./wording.ts";

const good = {
  minProtocol: 4,
  maxProtocol: 4,
  client: { id: "cli", version: "1", platform: "linux", mode: "cli" },
};

const wrong: readonly (readonly [object, string])[] = [
  [{ device: { id: "x" } }, "at /device: must have required property 'publicKey'"],
  [{ client: { ...good.client, extra: 1 } }, "at /client: unexpected property 'extra'"],
  [{ minProtocol: "4" }, "at /minProtocol: must be number"],
  [{ minProtocol: 0 }, "at /minProtocol: must be >= 1"],
  [{ minProtocol: 1.5 }, "at /minProtocol: must be integer"],
  [{ role: "" }, "at /role: must NOT have fewer than 1 characters"],
  [{ caps: ["a", 5] }, "at /caps/1: must be string"],
  [{ auth: "token" }, "at /auth: must be object"],
  [{ client: "cli", x: 1 }, "at root: unexpected property 'x'; at /client: must be object"],
];

for (const [patch, words] of wrong) {
  test(`connect with ${JSON.stringify(patch)} is refused: ${words}`, () => {
    const { issues } = v.safeParse(connectParams, { ...good, ...patch });
    assert.ok(issues);
    assert.equal(describeIssues(issues), words);
  });
}

test("good parameters have no issues, and what is left out has its default", () => {
  const { output, issues } = v.safeParse(connectParams, good);
  assert.equal(issues, undefined);
  assert.partialDeepStrictEqual(output, { role: "operator", scopes: [], caps: [], auth: {} });
});
