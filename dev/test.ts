/**
 * `npm test`: every check of the project, in the order in which they are cheap.
 *
 * Guarantees: one failing step fails the run, all steps run nevertheless, and the last line says how many
 * passed. In CI (`CI=true`) a missing component is a failure; on a user's machine the step is skipped with
 * its reason. `npm test -- NAME …` runs only the steps whose names contain one of the words.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bun = process.execPath;
const bin = (name: string) => join(root, "node_modules", ".bin", name);

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Programs that the step cannot do without; the first that exists of each list will do. */
  readonly needs?: readonly (readonly string[])[];
  /** Prints its own counts of tests, which are added up. */
  readonly counts?: boolean;
}

const BWRAP = ["/usr/bin/bwrap", "/usr/local/bin/bwrap"];
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const RUNC = ["/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc"];

const STEPS: readonly Step[] = [
  { name: "types", command: [bin("tsc"), "--noEmit"] },
  { name: "types of the isolate", command: [bin("tsc"), "--noEmit", "-p", "host/edge"] },
  { name: "types of node's modules", command: [bin("tsc"), "--noEmit", "-p", "host/edge/node"] },
  { name: "types of the page", command: [bin("tsc"), "--noEmit", "-p", "host/gateway/page"] },
  {
    name: "types of the page's tests",
    command: [bin("tsc"), "--noEmit", "-p", "host/gateway/page/tsconfig.tests.json"],
  },
  { name: "types of the plugins", command: [bin("tsc"), "--noEmit", "-p", "plugins"] },
  { name: "types of the conformance suites", command: [bin("tsc"), "--noEmit", "-p", "dev/conformance"] },
  { name: "types of the libraries", command: [bin("tsc"), "--noEmit", "-p", "dev/libraries"] },
  { name: "types of the suites of node", command: [bin("tsc"), "--noEmit", "-p", "dev/conformance/node"] },
  { name: "lint", command: [bin("oxlint"), "--deny-warnings"] },
  { name: "format", command: [bin("prettier"), "--check", "--log-level", "warn", "."] },
  { name: "dead code", command: [bin("knip"), "--no-progress"] },
  { name: "tests on Bun", command: [bun, "test", "--timeout", "60000"], needs: [BWRAP], counts: true },
  { name: "conformance", command: [bun, "dev/conformance.ts"], counts: true },
  { name: "escape", command: [bun, "dev/escape.ts"], needs: [BWRAP], counts: true },
  {
    name: "escape from a container",
    command: [bun, "dev/escape.ts", "container"],
    needs: [BWRAP, RUNC],
    counts: true,
  },
  { name: "runtimes", command: [bun, "dev/runtimes.ts"], counts: true },
  { name: "libraries", command: [bun, "dev/libraries.ts"], needs: [BWRAP, CHROMIUM], counts: true },
  { name: "browser", command: [bun, "dev/browser.ts"], needs: [CHROMIUM], counts: true },
  { name: "package", command: [bun, "dev/package.ts"], counts: true },
];

interface Result {
  readonly step: Step;
  readonly state: "passed" | "failed" | "skipped";
  readonly passed: number;
  readonly failed: number;
}

function missingOf(step: Step): string | null {
  const missing = (step.needs ?? []).find((paths) => !paths.some((path) => existsSync(path)));
  return missing?.[0] ?? null;
}

async function runStep(step: Step): Promise<Result> {
  const missing = missingOf(step);
  if (missing !== null) {
    console.log(
      `\n── ${step.name}: ${process.env.CI === "true" ? "FAILED" : "skipped"}, ${missing} is not installed`,
    );
    return { step, state: process.env.CI === "true" ? "failed" : "skipped", passed: 0, failed: 0 };
  }
  console.log(`\n── ${step.name}`);
  const { code, output } = await run(step.command);
  const passed = count(output, /^\s*(\d+) pass(?:ed)?\b/gm);
  const failed = count(output, /^\s*(\d+) fail(?:ed)?\b/gm);
  const empty = step.counts === true && passed === 0;
  if (empty && code === 0) console.log(`   ${step.name} ran no test`);
  const skipped = count(output, /^\s*(\d+) skip(?:ped)?\b/gm);
  const mayNot = skipped > 0 && process.env.CI === "true";
  if (mayNot) console.log(`   ${skipped} tests were skipped, and in CI none may be`);
  return { step, state: code === 0 && !empty && !mayNot ? "passed" : "failed", passed, failed };
}

function run(command: readonly string[]): Promise<{ code: number; output: string }> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, FORCE_COLOR: "0" },
  });
  let output = "";
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
    process.stdout.write(chunk);
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code: code ?? 1, output })));
}

function count(output: string, pattern: RegExp): number {
  return [...output.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
}

const words = process.argv.slice(2);
const chosen = STEPS.filter((step) => words.length === 0 || words.some((word) => step.name.includes(word)));
const results: Result[] = [];
for (const step of chosen) results.push(await runStep(step));

console.log("");
for (const { step, state, passed } of results)
  console.log(`${state.padEnd(7)}  ${step.name}${passed > 0 ? ` (${passed} tests)` : ""}`);
const checks = results.filter((result) => result.step.counts !== true);
const total = (state: Result["state"]) => checks.filter((result) => result.state === state).length;
const passed = results.reduce((sum, result) => sum + result.passed, 0) + total("passed");
const failedSteps = results.filter((result) => result.state === "failed");
const failed = failedSteps.reduce((sum, result) => sum + Math.max(1, result.failed), 0);
console.log(
  `\n${passed} passed, ${failed} failed, ${results.filter((result) => result.state === "skipped").length} skipped`,
);
process.exit(failed === 0 ? 0 : 1);
