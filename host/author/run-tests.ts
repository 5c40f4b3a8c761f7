/**
 * `openclaw plugin test`: a plugin's tests and the conformance suite, each test in a real isolate of its own.
 *
 * A test fails for what it throws, for an effect that was not recorded, and for an error that nobody waited for. A
 * test file that does not load is one failed test.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuthorTestReport, AuthorTestResult } from "#host/base/author.ts";
import type { Clock } from "#host/base/clock.ts";
import { asHostError, explain, type HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject } from "#host/base/json.ts";
import { findEntry, PACKED_FILE } from "#host/registry/entry.ts";
import { readSources, sha256 } from "#host/registry/folder.ts";
import { codeOf, type PluginVersion, type VersionDeps } from "#host/registry/version.ts";
import type { PluginCode, Sandboxes } from "#host/sandbox/contract.ts";
import { fixtureName, readFixture, writeFixture, type RecordedEffect } from "./fixtures.ts";

export interface RunTestsDeps {
  /** Absolute. */
  readonly folder: string;
  /** The folder whose `node_modules` the plugin uses. */
  readonly packagesFolder: string;
  readonly version: PluginVersion;
  readonly versions: VersionDeps;
  readonly sandboxes: Pick<Sandboxes, "callTool" | "retire">;
  readonly config: JsonObject;
  readonly clock: Clock;
  readonly effects: TestEffects;
  /** Empties the plugin's storage. */
  readonly forgetStorage: () => Promise<void>;
  /** Console lines since the last call. */
  readonly takeConsole: () => readonly string[];
  /** Values that must not be written. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Only tests whose name holds this text; null for all. */
  readonly only: string | null;
  /** Leaves out the plugin's own test files. */
  readonly conformanceOnly: boolean;
  readonly show: (result: AuthorTestResult) => void;
}

/** The effects of the tests that run now. */
export interface TestEffects {
  /** Null where they are done for real and recorded. */
  begin(fixture: string, recorded: readonly RecordedEffect[]): void;
  readonly isRecording: boolean;
  take(): readonly RecordedEffect[];
  unrecorded(test: string): readonly string[];
}

/** Tests of the suite are named so. */
export const CONFORMS = "conforms: ";
const TEST_FILE = /\.test\.[cm]?[jt]sx?$/;
const ENTRY = "openclaw-test-entry.ts";

export async function runTests(deps: RunTestsDeps): Promise<AuthorTestReport> {
  const report = { passed: 0, failed: 0, recorded: 0 };
  const sources = await readSources(deps.folder, deps.versions.limits);
  const files = new Map(sources.files);
  const own = deps.conformanceOnly ? [] : await readTests(deps.folder, files);
  const jobs = own.map((file) => ({ file, text: `import "./${file}";` }));
  const main = findEntry(sources.files);
  if (main !== null && main !== PACKED_FILE)
    jobs.push({ file: "conformance", text: CHECK.replace("MAIN", main) });
  let hasOwnSuite = false;
  for (const { file, text } of jobs) {
    if (file === "conformance" && hasOwnSuite) continue;
    const results = await runFile(deps, files, file, `${text}\n${EXPORT}`);
    for (const result of results) {
      hasOwnSuite ||= file !== "conformance" && result.name.startsWith(CONFORMS);
      if (result.problem === null) report.passed += 1;
      else report.failed += 1;
      deps.show(result);
    }
    report.recorded += await keepRecords(deps, file, results);
  }
  return report;
}

const EXPORT = `export { testRun as default } from "openclaw/sdk/testing";`;
const CHECK = `import { checkChannel, checkTool } from "openclaw/sdk/testing";
import plugin from "./MAIN";
if (plugin.tools?.length > 0) checkTool(plugin);
if (plugin.kind === "channel") checkChannel(plugin);`;

async function runFile(
  deps: RunTestsDeps,
  files: ReadonlyMap<string, Uint8Array>,
  file: string,
  entryText: string,
): Promise<AuthorTestResult[]> {
  const fixture = fixtureName(file);
  const started = deps.clock.monotonic();
  try {
    deps.effects.begin(fixture, await readFixture(deps.folder, fixture));
    const code = await bundleTests(deps, new Map([...files, [ENTRY, new TextEncoder().encode(entryText)]]));
    const names = await listTests(deps, code);
    const results: AuthorTestResult[] = [];
    for (const name of names) {
      if (deps.only !== null && !name.includes(deps.only)) continue;
      results.push(await runOne(deps, code, file, name));
    }
    return results;
  } catch (thrown) {
    const error = asHostError(thrown);
    const ms = deps.clock.monotonic() - started;
    return [
      {
        file,
        name: "loads",
        problem: explain(error),
        stack: stackOf(error),
        console: [...deps.takeConsole()],
        ms,
      },
    ];
  }
}

async function bundleTests(deps: RunTestsDeps, files: ReadonlyMap<string, Uint8Array>): Promise<PluginCode> {
  const { manifest } = deps.version;
  const bytes = await deps.versions.bundler.bundle({
    id: manifest.id,
    files,
    entry: ENTRY,
    packagesFolder: deps.packagesFolder,
    withTesting: true,
  });
  const hash = await deps.versions.blobs.put(bytes);
  const code = codeOf(manifest, sha256(bytes), deps.versions.blobs);
  return { ...code, hash, trustGroup: "tests", config: deps.config };
}

async function listTests(deps: RunTestsDeps, code: PluginCode): Promise<readonly string[]> {
  const { details } = await call(deps, code, "list", {});
  const tests = isJsonObject(details) ? details.tests : null;
  return Array.isArray(tests) ? tests.map(String) : [];
}

async function runOne(
  deps: RunTestsDeps,
  code: PluginCode,
  file: string,
  name: string,
): Promise<AuthorTestResult> {
  deps.takeConsole();
  await deps.forgetStorage();
  const started = deps.clock.monotonic();
  const thrown = await call(deps, code, name, { name }).then(
    () => null,
    (error: unknown) => asHostError(error),
  );
  const ms = deps.clock.monotonic() - started;
  // What was thrown where nobody waits comes with the next entry into the isolate, of which its end is one.
  deps.sandboxes.retire(code.id);
  const console = [...deps.takeConsole()];
  const uncaught = console.find((line) => line.startsWith("Uncaught"));
  const [unrecorded] = deps.effects.unrecorded(name);
  const problem =
    unrecorded === undefined
      ? thrown === null
        ? (uncaught ?? null)
        : wordsOf(thrown)
      : `${unrecorded}. Run: openclaw plugin test --record`;
  return { file, name, problem, stack: thrown === null ? null : stackOf(thrown), console, ms };
}

function call(deps: RunTestsDeps, code: PluginCode, test: string, args: JsonObject) {
  return deps.sandboxes.callTool(code, {
    run: { runId: test, sessionKey: `agent:main:test:${test}`, sessionId: "test", agentId: "main" },
    callId: test,
    tool: "run_test",
    args,
    signal: NEVER,
    onUpdate: () => {},
  });
}

const NEVER = new AbortController().signal;

/** The test's own words, without those of the tool that ran it. */
function wordsOf(error: HostError): string {
  return explain(error).replace(/^"run_test" failed: /, "");
}

function stackOf(error: HostError): string | null {
  return typeof error.cause === "string" ? error.cause : null;
}

/** Adds the plugin's test files to `files` and gives their paths. */
async function readTests(folder: string, files: Map<string, Uint8Array>): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && TEST_FILE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !/(?:^|\/)(?:node_modules|\.\w+)\//.test(path))
    .sort();
  for (const path of paths) files.set(path, await readFile(join(folder, path)));
  return paths;
}

/** Records are kept when all tests of the file passed: what a failing run did is nothing to go by. */
async function keepRecords(
  deps: RunTestsDeps,
  file: string,
  results: readonly AuthorTestResult[],
): Promise<number> {
  if (!deps.effects.isRecording || file === "conformance") return 0;
  const records = deps.effects.take();
  if (results.some(({ problem }) => problem !== null)) return 0;
  await writeFixture(deps.folder, fixtureName(file), records, deps.secrets);
  return records.length;
}
