/**
 * The harness that a conformance suite is written with. It runs wherever the suite is bundled to: inside an isolate,
 * or in plain Node. It uses nothing but the language and `setTimeout`.
 *
 * A suite is a file that calls `test` at its top level. Guarantees that every test gets exactly one outcome: one that
 * never ends fails after its time, and the next one runs. Tests run one after another, in the order of the file.
 */

export interface Outcome {
  readonly title: string;
  readonly state: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped. */
  readonly reason?: string;
}

/** What the runner tells a suite. */
export interface Surroundings {
  readonly where: "isolate" | "node";
  /** `http://host:port` of the runner's own server; its sockets are at `ws://` of the same. */
  readonly server: string;
}

type Body = () => void | Promise<void>;

interface Test {
  readonly title: string;
  readonly body: Body;
  readonly skipped?: string;
}

const TEST_TIME_MS = 5_000;
const MAX_REASON_CHARS = 300;
const tests: Test[] = [];
const preparations: Body[] = [];
let around: Surroundings | null = null;

/** A test: it passes if `body` returns, or its promise is fulfilled. Titles of one file differ from each other. */
export function test(title: string, body: Body): void {
  tests.push({ title, body });
}

/** A test that cannot run here. The reason is printed; in CI a skipped test fails the run. */
export function skip(title: string, reason: string): void {
  tests.push({ title, body: () => {}, skipped: reason });
}

/** Done once before the first test. If it throws, every test of the file fails with its error. */
export function setup(body: Body): void {
  preparations.push(body);
}

export function surroundings(): Surroundings {
  if (around === null) throw new Error("Cannot say where this runs: ask within a test, not at the top level");
  return around;
}

/** Called by the runner alone. */
export async function runTests(given: Surroundings): Promise<Outcome[]> {
  around = given;
  const outcomes: Outcome[] = [];
  const prepared = await reasonOf(async () => {
    for (const body of preparations) await body();
  });
  for (const { title, body, skipped } of tests) {
    if (skipped !== undefined) outcomes.push({ title, state: "skipped", reason: skipped });
    else {
      const reason = prepared ?? (await reasonOf(body));
      outcomes.push(reason === null ? { title, state: "passed" } : { title, state: "failed", reason });
    }
  }
  return outcomes;
}

/** Null if it holds. What is synchronous is not made to wait. */
async function reasonOf(body: Body): Promise<string | null> {
  try {
    const running = body();
    if (running !== undefined) await inTime(running);
    return null;
  } catch (thrown) {
    return textOf(thrown).slice(0, MAX_REASON_CHARS);
  }
}

function inTime(running: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`it did not end within ${TEST_TIME_MS} ms`));
    const timer = setTimeout(late, TEST_TIME_MS);
    void running.then(resolve, reject).then(() => clearTimeout(timer));
  });
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `thrown: ${String(thrown)}`;
}
