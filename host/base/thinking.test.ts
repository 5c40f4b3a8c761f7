import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestLevel, parseThinkingLevel, THINKING_LEVELS } from "./thinking.ts";

test("levels are read as people write them, and nothing else is one", () => {
  assert.deepEqual(["HIGH", " on ", "none", "x-high", "highest"].map(parseThinkingLevel), [
    "high",
    "low",
    "off",
    "xhigh",
    "max",
  ]);
  assert.deepEqual(["", "constructor", "very"].map(parseThinkingLevel), [null, null, null]);
});

test("a level that a model has not becomes the nearest that it has, and off stays off where it can", () => {
  assert.equal(nearestLevel("max", ["low", "medium", "high"]), "high");
  assert.equal(nearestLevel("off", ["low", "medium", "high"]), "low");
  assert.equal(nearestLevel("minimal", ["off", "low"]), "low");
  assert.equal(nearestLevel("xhigh", ["off", "minimal", "medium"]), "medium");
  for (const level of THINKING_LEVELS) {
    assert.equal(nearestLevel(level, THINKING_LEVELS), level);
    assert.equal(nearestLevel(level, []), null);
    assert.equal(nearestLevel(level, ["off", "low"]), level === "off" ? "off" : "low");
  }
});
