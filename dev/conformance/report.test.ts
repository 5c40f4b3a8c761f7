/** The judgement of a run: what fails it, and what does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, ratesOf, type Finding, type KnownFailures } from "./report.ts";

const finding = (state: Finding["state"], more: Partial<Finding> = {}): Finding => ({
  area: "a",
  name: "a/one: holds",
  title: "holds",
  place: "isolate",
  state,
  ...(state === "passed" ? {} : { reason: "it broke" }),
  ...more,
});
const SUITES = new Set(["a/one"]);
const NONE: KnownFailures = { isolate: {}, node: {} };
const listed = (reason: string): KnownFailures => ({ ...NONE, isolate: { "a/one: holds": reason } });

test("a failure without a listed reason fails the run, one with a reason is told with it", () => {
  assert.deepEqual(judge([finding("failed")], NONE, SUITES).problems, ["isolate a/one: holds: it broke"]);
  assert.deepEqual(judge([finding("failed")], listed("too dear"), SUITES), {
    problems: [],
    known: ["isolate a/one: holds: too dear"],
  });
});

test("a listed failure that passes now, or whose test is gone, fails the run", () => {
  assert.match(judge([finding("passed")], listed("too dear"), SUITES).problems.join(), /passes now/);
  assert.match(judge([], listed("too dear"), SUITES).problems.join(), /no test has this title/);
});

test("nothing is said of suites that were not run", () => {
  assert.deepEqual(judge([], listed("too dear"), new Set()).problems, []);
});

test("a failure in Node needs a reason that says how Node differs", () => {
  const findings = [finding("failed", { place: "node" })];
  const withReason = (reason: string) =>
    judge(findings, { isolate: {}, node: { "a/one: holds": reason } }, SUITES);
  assert.match(withReason("so it is").problems.join(), /Node differs/);
  assert.deepEqual(withReason("Node differs: it has no such class").problems, []);
});

test("two tests of one title fail the run, for only one of them could be listed", () => {
  assert.match(judge([finding("passed"), finding("passed")], NONE, SUITES).problems.join(), /two tests/);
});

test("the rate of an area leaves out what was skipped", () => {
  const findings = [finding("passed"), finding("failed"), finding("skipped")];
  assert.match(ratesOf(findings)[0] ?? "", /isolate 1\/2 {2}50\.0 %/);
});
