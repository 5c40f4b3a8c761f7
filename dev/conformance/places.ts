/** The two places where a suite runs: an isolate of a real sandbox behind a real broker, and plain Node. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { toLoopback } from "#host/broker/counterpart.fixture.ts";
import { createWorld } from "#host/broker/world.fixture.ts";
import {
  callText,
  createRig,
  nodeBinary,
  tempFolder,
  toolPlugin,
} from "#host/sandbox/sandboxes-for-tests.ts";
import { openTemporaryStorage } from "../temporary-storage.ts";
import { TOOL } from "./bundle.ts";
import type { Outcome, Surroundings } from "./harness.ts";

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** Suites of files keep more than a plugin does that asks for nothing. */
const STORAGE_BYTES = 16 * 1024 * 1024;
const NODE_TIME_MS = 60_000;

export interface Place extends AsyncDisposable {
  /** The suite's outcomes. Rejects if it could not be run at all. */
  run(bundle: string): Promise<Outcome[]>;
}

export interface IsolatePlace extends Place {
  /** What the bundle's one tool answers, as JSON. */
  ask(bundle: string): Promise<unknown>;
}

/** `port` is that of the server that suites may reach, on this machine. */
export async function createIsolatePlace(port: number, { wasm = false } = {}): Promise<IsolatePlace> {
  const host = `a.localhost:${port}`;
  const { storage, ...kept } = await openTemporaryStorage();
  const limits = { storage: STORAGE_BYTES };
  const rights = { domains: [host], tcp: [], limits };
  const world = createWorld({ rights, storage, pluginFolder: tmpdir(), resolve: toLoopback });
  const rig = createRig({ perform: (...effect) => world.broker.perform(...effect) });
  const around: Surroundings = { where: "isolate", server: `http://${host}` };
  let suites = 0;
  const ask = async (bundle: string): Promise<unknown> => {
    const name = `suite${(suites += 1)}`;
    const code = new TextEncoder().encode(bundle);
    const plugin = toolPlugin(name, "", { hash: name, deadlineMs: 60_000, cpuSliceMs: 10_000, wasm });
    const text = await callText(
      rig.sandboxes,
      { ...plugin, load: () => Promise.resolve(code) },
      { tool: TOOL, args: { ...around } },
    );
    return JSON.parse(text) as unknown;
  };
  return {
    ask,
    run: async (bundle) => (await ask(bundle)) as Outcome[],
    async [Symbol.asyncDispose]() {
      await rig.sandboxes.stop();
      await world[Symbol.asyncDispose]();
      await kept[Symbol.asyncDispose]();
    },
  };
}

/** A process of its own for each suite, so that none finds what another left. */
export function createNodePlace(port: number): Place {
  const around: Surroundings = { where: "node", server: `http://127.0.0.1:${port}` };
  let suites = 0;
  return {
    async run(bundle) {
      const file = join(await tempFolder(), `suite${(suites += 1)}.js`);
      await writeFile(file, `${bundle}\n${IN_NODE}`);
      const options = { maxBuffer: MAX_OUTPUT_BYTES, timeout: NODE_TIME_MS };
      const { stdout } = await run(nodeBinary, [file, JSON.stringify(around)], options);
      return JSON.parse(stdout.split(MARK)[1] ?? "") as Outcome[];
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Stands before the outcomes, since a suite may write lines of its own. */
const MARK = "--outcomes--";

const IN_NODE = `
process.on("unhandledRejection", () => {});
process.on("uncaughtException", () => {});
const [tool] = __plugin.default.tools;
void tool.execute(JSON.parse(process.argv[2])).then((text) => {
  process.stdout.write("${MARK}" + text, () => process.exit());
});`;
