/** Tests of a plugin: declared with `test`, listed and run by the one tool that `openclaw plugin test` calls. */
import type { DefinedChannel } from "./channel.ts";
import type { RouteContext } from "./routes.ts";
import { createAccount, type AccountOptions, type TestedAccount } from "./testing-channel.ts";
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
  /** Sends a request to a plugin's `fetch`: a path from its root, or a whole request. Rejects with what it throws. */
  fetch(plugin: RoutedPlugin, request: string | Request): Promise<Response>;
  /** An account of a channel, with the host's end of it in the test's hands. */
  channel(plugin: DefinedChannel, options?: AccountOptions): TestedAccount;
  /** The context that the tools get, for tests of functions that take one. */
  readonly ctx: ToolContext;
}

/** A plugin that answers requests: by `defineRoutes`, of a channel, or whatever has a `fetch`, as a Hono app. */
export interface RoutedPlugin {
  readonly fetch?:
    ((request: Request, ctx: RouteContext, executionContext: RouteContext) => unknown) | undefined;
}

/** A test's body. It fails if it throws. */
export type TestBody = (t: TestContext) => Promise<void> | void;

/** The host hands on no more of an error. */
const MAX_ERROR_CHARS = 4_000;

/** Tests of the suites begin with it, and every effect is refused in them. */
export const CONFORMS = "conforms: ";

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
    await body({
      ctx,
      call: (plugin, tool, args, options) => callTool(ctx, plugin, tool, args, options),
      fetch: (plugin, request) => fetchFrom(ctx, plugin, request),
      channel: (plugin, options) => createAccount(plugin, ctx, options),
    });
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

const BASE = "http://127.0.0.1:18789/plugin/test";

async function fetchFrom(
  ctx: ToolContext,
  plugin: RoutedPlugin,
  request: string | Request,
): Promise<Response> {
  if (plugin.fetch === undefined) throw new Error("Cannot send a request: the plugin has no fetch");
  const whole =
    typeof request === "string" ? new Request(new URL(request, "http://127.0.0.1").href) : request;
  const waiting: Promise<unknown>[] = [];
  const context: RouteContext = {
    ...ctx,
    base: BASE,
    account: null,
    waitUntil: (promise) => void waiting.push(promise),
    passThroughOnException: () => {},
    props: {},
  };
  const answer = await plugin.fetch(whole, context, context);
  await Promise.all(waiting);
  if (answer instanceof Response) return answer;
  throw new TypeError("Cannot use what fetch returned: it is no Response");
}

function testingAccess(): TestingAccess {
  const found = (globalThis as { [TESTING_ACCESS]?: TestingAccess })[TESTING_ACCESS];
  if (found === undefined) throw new Error('Tests run in an isolate: use "openclaw plugin test"');
  return found;
}
