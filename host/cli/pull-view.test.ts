import assert from "node:assert/strict";
import { test } from "node:test";
import type { PullStep } from "./control.ts";
import { createPullView } from "./pull-view.ts";

const GiB = 1024 ** 3;
const step = (completed: number): PullStep => ({
  status: "pulling aa",
  layer: { digest: "sha256:aa", completed: completed * GiB, total: 4 * GiB },
});

test("a pipe gets a line for each step and each tenth of a layer, and no line twice", () => {
  const lines: string[] = [];
  const view = createPullView({ redraw: null, write: (line) => lines.push(line) });
  view.show({ status: "pulling manifest", layer: null });
  for (let at = 0; at <= 4; at += 0.01) view.show(step(at));
  view.show(step(4));
  view.end();
  assert.equal(lines[0], "pulling manifest");
  assert.deepEqual(lines.slice(1, 3), ["pulling aa 0 % of 4.0 GiB", "pulling aa 10 % of 4.0 GiB"]);
  assert.equal(lines.at(-1), "pulling aa 100 % of 4.0 GiB");
  assert.equal(lines.length, 12);
});

test("a terminal gets one line that is drawn anew, and keeps the last one", () => {
  const drawn: (string | null)[] = [];
  const view = createPullView({
    redraw: (line) => drawn.push(line),
    write: () => assert.fail("no line of its own"),
  });
  view.show(step(1));
  view.show({ status: "success", layer: null });
  view.end();
  assert.deepEqual(drawn, [`pulling aa ${"█".repeat(6)}${"░".repeat(18)}  25 % of 4.0 GiB`, "success", null]);
});
