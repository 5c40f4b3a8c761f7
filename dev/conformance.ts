/**
 * The conformance suites: every `conformance/<area>/*.suite.ts`, inside an isolate and in plain Node.
 *
 * Fails on a failure that `known-failures.json` does not explain, on an explanation that no longer holds, and on an
 * expectation that Node does not meet either, unless it says how Node differs. Words choose suites by their name.
 */
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleSuite } from "./conformance/bundle.ts";
import { createIsolatePlace, createNodePlace, type Place } from "./conformance/places.ts";
import { judge, ratesOf, type Finding, type KnownFailures, type PlaceName } from "./conformance/report.ts";
import { listen } from "./conformance/server.ts";

const folder = fileURLToPath(new URL("./conformance/", import.meta.url));
/** Two at a time: more would wait for each other on a machine of two cores. */
const AT_ONCE = 2;

interface Suite {
  readonly area: string;
  readonly name: string;
  readonly file: string;
}

function findSuites(words: readonly string[]): Suite[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".suite.ts"))
    .sort()
    .map((path) => ({
      area: path.split("/")[0] ?? "",
      name: `${path.split("/")[0]}/${basename(path, ".suite.ts")}`,
      file: join(folder, path),
    }))
    .filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
}

async function runSuite(suite: Suite, places: Readonly<Record<PlaceName, Place>>): Promise<Finding[]> {
  const runIn = async (place: PlaceName): Promise<Finding[]> => {
    const outcomes = await places[place]
      .run(await bundleSuite(suite.file, place))
      .catch((error: Error) => [
        { title: "the suite runs", state: "failed" as const, reason: error.message },
      ]);
    return outcomes.map((outcome) => ({
      ...outcome,
      area: suite.area,
      name: `${suite.name}: ${outcome.title}`,
      place,
    }));
  };
  return (await Promise.all([runIn("isolate"), runIn("node")])).flat();
}

async function runAll(suites: readonly Suite[]): Promise<Finding[]> {
  await using server = await listen();
  await using isolate = await createIsolatePlace(server.port);
  await using node = createNodePlace(server.port);
  const left = [...suites];
  const findings: Finding[] = [];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      findings.push(...(await runSuite(next, { isolate, node })));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return findings;
}

const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const suites = findSuites(words);
const findings = await runAll(suites);
const failures = JSON.parse(readFileSync(join(folder, "known-failures.json"), "utf8")) as KnownFailures;
const { problems, known } = judge(findings, failures, new Set(suites.map(({ name }) => name)));

const skipped = findings.filter(({ state }) => state === "skipped");
for (const { place, name, reason } of skipped) console.log(`skipped ${place} ${name}: ${reason}`);
for (const line of known) console.log(`known   ${line}`);
for (const line of problems) console.log(`FAILED  ${line}`);
for (const line of ratesOf(findings)) console.log(line);
const passed = findings.filter(({ state }) => state === "passed").length;
console.log(`${passed} passed\n${problems.length} failed`);
if (skipped.length > 0) console.log(`${skipped.length} skipped`);
process.exit(problems.length === 0 && passed > 0 ? 0 : 1);
