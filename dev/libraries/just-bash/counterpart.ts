/** Nobody: the shell has no world but its own. */
import assert from "node:assert/strict";
import type { Trial } from "../trial.ts";

const EXPECTED = ["row 1", "row 2", "row 3", "sum 6", "deep", "status 2", "42", "A,B", "2", ""];

export const justBash: Trial = {
  name: "just-bash",
  folder: "just-bash",
  async start() {
    return {
      port: null,
      check(answer) {
        const { stdout, stderr, exitCode, away } = JSON.parse(answer) as Record<string, unknown>;
        assert.deepEqual(
          String(stdout)
            .split("\n")
            .map((line) => line.trim()),
          EXPECTED,
        );
        assert.match(String(stderr), /\/tmp\/nothing/);
        assert.equal(exitCode, 0);
        assert.notEqual(away, 0);
      },
      [Symbol.asyncDispose]: async () => {},
    };
  },
};
