/**
 * The libraries that plugins count on, each tried inside an isolate: `npm test -- libraries`. Words choose by name.
 *
 * Bundled as an installed plugin is, run in a real sandbox behind a real broker, against a local stand-in of its
 * service. Prints what each costs: its bundle, the time to make it, the time to compile and evaluate it, its heap.
 */
import { createBundler } from "#host/registry/bundle.ts";
import { bundlerPaths } from "#host/registry/temporary-registry.ts";
import { baileys } from "./libraries/baileys/counterpart.ts";
import { bolt } from "./libraries/bolt/counterpart.ts";
import { cdp } from "./libraries/cdp/counterpart.ts";
import { discord } from "./libraries/discord/counterpart.ts";
import { graph } from "./libraries/graph/counterpart.ts";
import { grammy } from "./libraries/grammy/counterpart.ts";
import { justBash } from "./libraries/just-bash/counterpart.ts";
import { matrixCrypto } from "./libraries/matrix-crypto/counterpart.ts";
import { matrix } from "./libraries/matrix/counterpart.ts";
import { readability } from "./libraries/readability/counterpart.ts";
import { unpdf } from "./libraries/unpdf/counterpart.ts";
import { measure } from "./libraries/measure.ts";
import { bundleTrial, runTrial } from "./libraries/run-trial.ts";
import type { Trial } from "./libraries/trial.ts";

const TRIALS: readonly Trial[] = [
  grammy,
  discord,
  graph,
  bolt,
  matrix,
  baileys,
  readability,
  unpdf,
  justBash,
  cdp,
  matrixCrypto,
];

const words = process.argv.slice(2);
const chosen = TRIALS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const bundler = createBundler(bundlerPaths());
let failed = 0;

console.log(row(["library", "code", "with map", "bundled in", "starts in", "heap", "ran in", ""]));
for (const trial of chosen) {
  try {
    const { code, ms } = await bundleTrial(trial, bundler);
    const { startMs, heapBytes } = await measure(code, trial.wasm === true);
    const started = performance.now();
    await runTrial(trial, code);
    const ranMs = performance.now() - started;
    const map = new TextDecoder().decode(code).lastIndexOf("\n//# sourceMappingURL");
    const figures = [
      kib(map < 0 ? code.length : map),
      kib(code.length),
      whole(ms),
      whole(startMs),
      `${(heapBytes / 2 ** 20).toFixed(1)} MiB`,
    ];
    console.log(row([trial.name, ...figures, whole(ranMs), "works"]));
  } catch (thrown) {
    failed += 1;
    console.log(
      `FAILED ${trial.name}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`,
    );
  }
}
await bundler.stop();
console.log(`${chosen.length - failed} passed\n${failed} failed`);
process.exit(failed === 0 && chosen.length > 0 ? 0 : 1);

function row(cells: readonly string[]): string {
  const [name = "", ...rest] = cells;
  return name.padEnd(36) + rest.map((cell) => cell.padStart(12)).join("");
}

function kib(bytes: number): string {
  return `${Math.round(bytes / 1024)} KiB`;
}

function whole(ms: number): string {
  return `${Math.round(ms)} ms`;
}
