/**
 * The conformance suite: what every tool keeps to, ours and a stranger's.
 *
 * Run by `openclaw plugin test` on each plugin, in isolates where every effect is refused: a tool must say what is
 * wrong in words that a model can use, whatever it is given and whatever it may not do.
 */
import { assert } from "./testing-assert.ts";
import { TESTING_ACCESS, type TestedPlugin, type TestingAccess } from "./testing-access.ts";
import { CONFORMS, test, type CallOutcome, type TestContext } from "./testing-run.ts";
import type { ToolDescriptor } from "./tool.ts";

/** How a plugin is checked. */
export interface CheckOptions {
  /** Good arguments, by tool; made from the schema where there are none. */
  readonly args?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const MAX_DESCRIPTION_CHARS = 1_024;
/** All tools of an agent go to the model with every call. */
const MAX_SCHEMA_CHARS = 16 * 1024;
const MAX_RESULT_CHARS = 1024 * 1024;
const MAX_ERROR_CHARS = 4_000;
/** What the host grants before it ends the isolate. */
const ABORT_MS = 250;
const CALL_MS = 5_000;

/**
 * Declares the suite's tests for a plugin's tools.
 *
 * @example
 * ```ts
 * import { checkTool } from "openclaw/sdk/testing";
 * import plugin from "./main.ts";
 *
 * checkTool(plugin, { args: { roll: { sides: 6 } } });
 * ```
 */
export function checkTool(plugin: TestedPlugin, options: CheckOptions = {}): void {
  test(`${CONFORMS}the host can describe it to a model`, () => {
    assert.ok(describe(plugin).length > 0, "It defines no tool");
  });
  for (const { name } of plugin.tools) {
    const given = options.args?.[name];
    const tool = () => describe(plugin).find((each) => each.name === name) ?? missing(name);
    const good = () => given ?? exampleOf(tool().parameters);
    test(`${CONFORMS}${name}: name, description and schema suit every model server`, () =>
      checkDescriptor(tool()));
    test(`${CONFORMS}${name}: wrong arguments are told by name`, (t) => checkWrong(t, plugin, tool()));
    test(`${CONFORMS}${name}: odd texts get an answer of bounded size`, (t) =>
      checkOdd(t, plugin, tool(), good()));
    test(`${CONFORMS}${name}: what it may not do is told in usable words`, (t) =>
      checkRefused(t, plugin, name, good()));
    test(`${CONFORMS}${name}: it ends soon after it was stopped`, (t) => checkAbort(t, plugin, name, good()));
    test(`${CONFORMS}${name}: it leaves no globals behind`, (t) => checkGlobals(t, plugin, name, good()));
  }
}

function describe(plugin: TestedPlugin): readonly ToolDescriptor[] {
  const access = (globalThis as { [TESTING_ACCESS]?: TestingAccess })[TESTING_ACCESS];
  return access === undefined ? missing("the isolate") : access.describe(plugin);
}

function missing(what: string): never {
  throw new Error(`There is no ${what}`);
}

function checkDescriptor({ name, description, parameters }: ToolDescriptor): void {
  assert.match(
    name,
    /^[a-z][a-z0-9_-]{0,63}$/,
    `The name "${name}" must be lower-case letters, digits, "_" and "-"`,
  );
  assert.ok(
    description.trim().length >= 8,
    `The description "${description}" does not say what the tool does`,
  );
  assert.ok(
    description.length <= MAX_DESCRIPTION_CHARS,
    `The description is longer than ${MAX_DESCRIPTION_CHARS}`,
  );
  const type = parameters.type ?? "object";
  assert.equal(type, "object", `The parameters must be of the type "object", not ${JSON.stringify(type)}`);
  const text = JSON.stringify(parameters);
  assert.ok(text.length <= MAX_SCHEMA_CHARS, `The parameters are ${text.length} characters of schema`);
  assert.ok(!/"\$ref":"(?!#)/.test(text), "The parameters refer to a schema elsewhere");
  for (const required of requiredOf(parameters))
    assert.ok(required in propertiesOf(parameters), `"${required}" is required and not described`);
}

async function checkWrong(
  t: TestContext,
  plugin: TestedPlugin,
  { name, parameters }: ToolDescriptor,
): Promise<void> {
  for (const required of requiredOf(parameters)) {
    const { [required]: _, ...rest } = exampleOf(parameters);
    const answer = await within(CALL_MS, t.call(plugin, name, rest));
    assert.ok(answer.isError, `Without "${required}" it must answer with an error`);
    assert.ok(answer.text.includes(required), `The error must name "${required}": ${answer.text}`);
  }
  for (const [key, schema] of Object.entries(propertiesOf(parameters))) {
    const wrong = wrongFor(schema);
    if (wrong === undefined) continue;
    const answer = await within(CALL_MS, t.call(plugin, name, { ...exampleOf(parameters), [key]: wrong }));
    assert.ok(answer.isError, `${JSON.stringify(wrong)} for "${key}" must be an error`);
    assert.ok(answer.text.includes(key), `The error must name "${key}": ${answer.text}`);
  }
}

/** Texts that break what was tried with plain ones only. */
const ODD = ["", " ", "\u0000", "\ud83d", "../../etc/passwd", "'; DROP TABLE x; --", "é".repeat(50_000)];

async function checkOdd(
  t: TestContext,
  plugin: TestedPlugin,
  { name, parameters }: ToolDescriptor,
  good: Readonly<Record<string, unknown>>,
): Promise<void> {
  const texts = Object.entries(propertiesOf(parameters)).filter(([, { type }]) => type === "string");
  for (const [key] of texts)
    for (const odd of ODD) usable(await within(CALL_MS, t.call(plugin, name, { ...good, [key]: odd })));
}

async function checkRefused(
  t: TestContext,
  plugin: TestedPlugin,
  name: string,
  good: Readonly<Record<string, unknown>>,
): Promise<void> {
  usable(await within(CALL_MS, t.call(plugin, name, good)));
}

async function checkAbort(
  t: TestContext,
  plugin: TestedPlugin,
  name: string,
  good: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const afterMs of [0, 5]) {
    const stop = new AbortController();
    const call = t.call(plugin, name, good, { signal: stop.signal });
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    stop.abort(new Error("The turn was stopped"));
    await within(ABORT_MS, call);
  }
}

async function checkGlobals(
  t: TestContext,
  plugin: TestedPlugin,
  name: string,
  good: Readonly<Record<string, unknown>>,
): Promise<void> {
  const before = new Set(Reflect.ownKeys(globalThis));
  await within(CALL_MS, t.call(plugin, name, good));
  const left = Reflect.ownKeys(globalThis).filter((key) => !before.has(key));
  assert.deepEqual(left.map(String), [], `It left the globals ${left.map(String).join(", ")}`);
}

function usable({ text, isError, content }: CallOutcome): void {
  const size = JSON.stringify(content).length;
  assert.ok(size <= MAX_RESULT_CHARS, `The answer has ${size} characters`);
  if (!isError) return;
  assert.ok(text.trim().length >= 8, `The error "${text}" says nothing`);
  assert.ok(text.length <= MAX_ERROR_CHARS, `The error has ${text.length} characters`);
  assert.ok(!text.includes("[object Object]"), `The error is not a text: ${text}`);
  assert.ok(!/\n\s+at /.test(text), `The error holds a stack: ${text}`);
}

function within(ms: number, call: Promise<CallOutcome>): Promise<CallOutcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not end within ${ms} ms`)), ms);
  });
  return Promise.race([call, late]).finally(() => clearTimeout(timer));
}

interface Property {
  readonly type?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly items?: Property;
}

function propertiesOf(parameters: ToolDescriptor["parameters"]): Readonly<Record<string, Property>> {
  return (parameters.properties ?? {}) as Readonly<Record<string, Property>>;
}

function requiredOf(parameters: ToolDescriptor["parameters"]): readonly string[] {
  return (parameters.required ?? []) as readonly string[];
}

/** Arguments that fit the schema: what is required, and no more. */
function exampleOf(parameters: ToolDescriptor["parameters"]): Record<string, unknown> {
  const properties = propertiesOf(parameters);
  return Object.fromEntries(requiredOf(parameters).map((key) => [key, exampleValue(properties[key] ?? {})]));
}

function exampleValue(property: Property): unknown {
  const shown = property.examples?.[0] ?? property.default ?? property.enum?.[0];
  if (shown !== undefined) return shown;
  switch (property.type) {
    case "number":
    case "integer":
      return property.minimum ?? 1;
    case "boolean":
      return true;
    case "array":
      return [];
    case "object":
      return exampleOf(property as ToolDescriptor["parameters"]);
    default:
      return "example";
  }
}

/** A value that the property cannot take; undefined where it takes anything. */
function wrongFor({ type, enum: values }: Property): unknown {
  if (values !== undefined) return { not: "among them" };
  return typeof type === "string" ? (type === "object" ? "no object" : { not: type }) : undefined;
}
