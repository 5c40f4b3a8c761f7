/**
 * `openclaw/sdk/testing`: tests of a plugin, run by `openclaw plugin test` in a real isolate.
 *
 * Each test has an isolate of its own. What the plugin does to the world is answered from what was recorded
 * (`fixtures/`), and an effect that was not recorded fails the test.
 *
 * @example
 * ```ts
 * import { assert, test } from "openclaw/sdk/testing";
 * import plugin from "./main.ts";
 *
 * test("a die of one side rolls a one", async (t) => {
 *   const answer = await t.call(plugin, "roll", { sides: 1 });
 *   assert.equal(answer.text, "rolled 1");
 * });
 * ```
 */
export {
  test,
  testRun,
  type CallOptions,
  type CallOutcome,
  type RoutedPlugin,
  type TestBody,
  type TestContext,
} from "./testing-run.ts";
export { assert, AssertionError, type Assert } from "./testing-assert.ts";
export { checkChannel, type CheckChannelOptions } from "./testing-check-channel.ts";
export type { AccountOptions, TestedAccount } from "./testing-channel.ts";
export { checkTool, type CheckOptions } from "./testing-check.ts";
export type { TestedPlugin } from "./testing-access.ts";
