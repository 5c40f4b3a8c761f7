/** Tests of a plugin: declared with `test`, listed and run by the one tool that `openclaw plugin test` calls. */
import { defineTool, type DefinedTool, type ToolContext, type ToolResult } from "./tool.ts";
import { TESTING_ACCESS, type TestedPlugin, type TestingAccess } from "./testing-access.ts";

/** What a call of a tool came to, as the model would get it. */
export interface CallOutcome {
  /** All text of the answer, or the error's message. */
  readonly text: string;
  /** True if the tool said so or threw. */
  readonly isError: boolean;
  readonly content: ToolResult["content"];
  readonly details: unknown;
  /** What it threw; null if it threw nothing. */
  readonly thrown: unknown;
}

/** How a call differs from what the host would make of it. */
export interface CallOptions {
  /** Settings in place of those that the test was started with. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Ends the call, as an owner would who stops the turn. */
  readonly signal?: AbortSignal;
}

/** What a test gets. */
export interface TestContext {
  /** Calls a tool as the host does: arguments are checked first. Never rejects for what the tool does. */
  call(
    plugin: TestedPlugin,
    tool: string,
    args?: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Promise<CallOutcome>;
  /** The context that the tools get, for tests of functions that take one. */
  readonly ctx: ToolContext;
}

/** A test's body. It fails if it throws. */
export type TestBody = (t: TestContext) => Promise<void> | void;

/** The host hands on no more of an error. */
const MAX_ERROR_CHARS = 4_000;

const tests = new Map<string, TestBody>();

/** Declares a test. Names are unique in a file: what was recorded is kept under them. */
export function test(name: string, body: TestBody): void {
  if (tests.has(name)) throw new Error(`Cannot declare the test "${name}": another one has this name`);
  tests.set(name, body);
}

/** What `openclaw plugin test` calls: without a name it lists the tests, with one it runs it. */
export const testRun: DefinedTool = defineTool({
  name: "run_test",
  description: "Runs one test, or lists them",
  parameters: { type: "object", properties: { name: { type: "string" } } },
  async execute({ name }, ctx) {
    if (name === undefined) return { content: [], details: { tests: [...tests.keys()] } };
    const body = tests.get(name);
    if (body === undefined) throw new Error(`There is no test "${name}"`);
    await body({ ctx, call: (plugin, tool, args, options) => callTool(ctx, plugin, tool, args, options) });
    return "passed";
  },
});

async function callTool(
  ctx: ToolContext,
  plugin: TestedPlugin,
  name: string,
  args: Readonly<Record<string, unknown>> = {},
  options: CallOptions = {},
): Promise<CallOutcome> {
  const tool = plugin.tools.find((each) => each.name === name);
  if (tool === undefined) {
    const known = plugin.tools.map((each) => `"${each.name}"`).join(", ");
    throw new Error(`Cannot call "${name}": the plugin defines ${known || "no tool"}`);
  }
  try {
    const { content, details, isError } = await testingAccess().call(tool, args, { ...ctx, ...options });
    const text = content.map((part) => (part.type === "text" ? part.text : "")).join("");
    return { text, content, details, isError: isError === true, thrown: null };
  } catch (thrown) {
    const text = (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, MAX_ERROR_CHARS);
    return { text, content: [], details: undefined, isError: true, thrown };
  }
}

function testingAccess(): TestingAccess {
  const found = (globalThis as { [TESTING_ACCESS]?: TestingAccess })[TESTING_ACCESS];
  if (found === undefined) throw new Error('Tests run in an isolate: use "openclaw plugin test"');
  return found;
}
