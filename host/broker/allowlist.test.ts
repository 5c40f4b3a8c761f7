import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "#host/base/errors.ts";
import { isListed, parseAllowlist } from "./allowlist.ts";

test("an allowlist is read as Squid reads it", () => {
  const list = parseAllowlist("# what plugins may reach\n\n  API.Telegram.org \r\n.example.org\n192.0.2.7\n");
  assert.deepEqual(list, ["api.telegram.org", ".example.org", "192.0.2.7"]);
  assert.ok(isListed("a.example.org", list));
  assert.ok(isListed("api.telegram.org", list));
  assert.ok(!isListed("telegram.org", list));
});

test("a line that is no host stops the reading and names the line", () => {
  for (const line of ["https://x.org/", "x.org:443", "x.org # why", "*.x.org", "x.org y.org"]) {
    assert.throws(
      () => parseAllowlist(`good.org\n${line}\n`),
      (error) =>
        error instanceof HostError && error.code === "config.invalid" && /line 2/.test(error.message),
      line,
    );
  }
});
