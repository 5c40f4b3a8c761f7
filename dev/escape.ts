/**
 * The escape suite: every `escape/*.attack.ts`, with its wall and with that wall taken down, each in a process of
 * its own.
 *
 * An attack counts as stopped if it did no harm while the attacker's permitted effect worked, and only if it was
 * seen to do harm without the wall. The table of SECURITY.md is made from the attacks themselves: `--write` writes
 * it, any other run fails when it is not the same. Words choose attacks by their file's name. The host runs on Bun;
 * attacks that hang on its runtime are tried on Node and Deno as well.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SandboxFiles } from "#host/sandbox/confinement.ts";
import { realFiles } from "#host/sandbox/sandboxes-for-tests.ts";
import type { Hazard, Outcome, WallState } from "./escape/hazard.ts";
import { ELSEWHERE, isSameText, tableOf, withTable } from "./escape/table.ts";

const folder = fileURLToPath(new URL("./escape/", import.meta.url));
const root = fileURLToPath(new URL("../", import.meta.url));
const security = join(root, "SECURITY.md");
const LIMIT_MS = 40_000;
/** For attacks that measure time. */
const MORE_TRIES = 3;
/** Two at a time: more would wait for each other on a machine of two cores. */
const AT_ONCE = 2;

type Runtime = "bun" | "node" | "deno";

interface Attack extends Hazard {
  readonly file: string;
  readonly runtime: Runtime;
}

const PROGRAMS: Readonly<Record<Runtime, readonly string[]>> = {
  bun: [process.execPath, "--no-env-file"],
  node: [join(root, "node_modules", ".bin", "node")],
  deno: [join(root, "node_modules", ".bin", "deno"), "run", "-A", "--no-check"],
};

interface Verdict {
  readonly attack: Attack;
  readonly problems: readonly string[];
  readonly harmWithout: string;
}

async function loadAttacks(): Promise<Attack[]> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".attack.ts"));
  const load = async (file: string) => {
    const { hazard } = (await import(join(folder, file))) as { hazard: Hazard };
    const runtimes: readonly Runtime[] = hazard.everyRuntime === true ? ["bun", "node", "deno"] : ["bun"];
    return runtimes.map((runtime) => ({ ...hazard, file, runtime }));
  };
  return (await Promise.all(files.sort().map(load))).flat();
}

async function judge(attack: Attack, files: SandboxFiles): Promise<Verdict> {
  const tryOnce = (wall: WallState) =>
    runHazard(attack, wall, files).catch((error: Error) => ({ failed: error.message }));
  let stands = await tryOnce("stands");
  // A moment in which the machine is busy looks like a slow neighbour; an attack that slows it does so every time.
  for (let more = attack.alone === true ? MORE_TRIES : 0; more > 0 && isSlow(stands); more -= 1) {
    stands = await tryOnce("stands");
  }
  const down = await tryOnce("down");
  const problems = [];
  if ("failed" in stands) problems.push(`with its wall it broke off: ${stands.failed}`);
  else {
    if (stands.harm !== null) problems.push(`the wall did not stop it: ${stands.harm}`);
    if (typeof stands.slow === "string") problems.push(`it got in the way: ${stands.slow}`);
    if (stands.control === null) problems.push("the permitted effect failed, so it shows nothing");
  }
  if ("failed" in down) problems.push(`without its wall it broke off: ${down.failed}`);
  else if (down.harm === null) problems.push("it does no harm without its wall either, so it shows nothing");
  return { attack, problems, harmWithout: ("harm" in down ? down.harm : null) ?? "" };
}

function isSlow(outcome: Outcome | { readonly failed: string }): boolean {
  return "slow" in outcome && outcome.slow !== null;
}

function runHazard(attack: Attack, wall: WallState, files: SandboxFiles): Promise<Outcome> {
  const program = join(folder, "run-hazard.ts");
  const [runtime = "", ...options] = PROGRAMS[attack.runtime];
  const args = [...options, program, join(folder, attack.file), wall, JSON.stringify(files)];
  const child = spawn(runtime, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.on("data", (bytes) => (output += String(bytes)));
  child.stderr.on("data", (bytes) => (errors += String(bytes)));
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  return new Promise((resolve, reject) => {
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(JSON.parse(output.trim().split("\n").at(-1) ?? "") as Outcome);
      else reject(new Error(`${signal ?? `exit code ${code}`}: ${errors.trim() || output.trim()}`));
    });
  });
}

async function judgeAll(attacks: readonly Attack[], files: SandboxFiles, atOnce: number): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const left = [...attacks];
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const verdict = await judge(next, files);
      verdicts.push(verdict);
      report(verdict);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return verdicts;
}

/** In CI it has to work: there the attempt is made, and fails with runc's own words. */
function canStartContainers(): boolean {
  return process.getuid?.() === 0 || process.env.CI === "true";
}

function report({ attack, problems, harmWithout }: Verdict): void {
  const where = attack.everyRuntime === true ? ` on ${attack.runtime}` : "";
  const name = attack.file.replace(".attack.ts", "") + where;
  if (problems.length > 0) console.log(`FAILED  ${name}\n        ${problems.join("\n        ")}`);
  else console.log(`ok      ${name}: stopped; with ${attack.without}: ${harmWithout.slice(0, 120)}`);
}

const words = process.argv.slice(2).filter((word) => word !== "--write");
const all = await loadAttacks();
const chosen = all.filter(({ file, container }) =>
  words.length === 0 ? container !== true : words.some((word) => file.includes(word)),
);
const skipped = chosen.filter(({ container }) => container === true && !canStartContainers());
for (const { file } of skipped)
  console.log(`skipped ${file}: runc starts a container like this for root only`);
const tried = chosen.filter((attack) => !skipped.includes(attack));
const files = await realFiles();
const verdicts = [
  ...(await judgeAll(
    tried.filter(({ alone }) => alone !== true),
    files,
    AT_ONCE,
  )),
  ...(await judgeAll(
    tried.filter(({ alone }) => alone === true),
    files,
    1,
  )),
];
const failed = verdicts.filter(({ problems }) => problems.length > 0).length;

const text = readFileSync(security, "utf8");
const wanted = withTable(text, tableOf(all.filter(({ runtime }) => runtime === "bun")));
if (process.argv.includes("--write")) writeFileSync(security, wanted);
const isCurrent = process.argv.includes("--write") || isSameText(wanted, text);
const gone = ELSEWHERE.filter(([, file]) => !existsSync(join(root, file))).map(([, file]) => file);
if (!isCurrent) console.log("FAILED  SECURITY.md has another table: run dev/escape.ts --write");
if (gone.length > 0) console.log(`FAILED  the table names files that are gone: ${gone.join(", ")}`);
const isTableWrong = !isCurrent || gone.length > 0;
console.log(`${verdicts.length - failed + (isTableWrong ? 0 : 1)} passed`);
console.log(`${failed + (isTableWrong ? 1 : 0)} failed`);
process.exit(failed === 0 && !isTableWrong && verdicts.length + skipped.length > 0 ? 0 : 1);
