import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "./clock.ts";
import { createLog } from "./log.ts";

const FORGED = "hi\n12:00:00.000 warn  host: forged\u001b[2J\u202e\u009b31m";

test("what a plugin says stays one line, and steers no terminal", () => {
  for (const format of ["text", "json"] as const) {
    const lines: string[] = [];
    const log = createLog({ clock: systemClock, level: "info", format, write: (line) => lines.push(line) });
    log.child("plugin").info(FORGED, { plugin: "dice", said: FORGED, deep: [{ FORGED }] });
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines[0] ?? "", /[\p{Cc}\u202e]/u);
    assert.match(lines[0] ?? "", /forged\\u001b\[2J\\u202e\\u009b31m/);
    if (format === "json") assert.equal(JSON.parse(lines[0] ?? "").message, FORGED);
  }
});
