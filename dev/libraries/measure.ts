/** What a bundle costs an isolate: time to compile and evaluate it, heap afterwards. In a Node of its own. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { nodeBinary, realFiles, tempFolder } from "#host/sandbox/sandboxes-for-tests.ts";

const run = promisify(execFile);

export interface Cost {
  readonly startMs: number;
  readonly heapBytes: number;
}

export async function measure(code: Uint8Array, wasm: boolean): Promise<Cost> {
  const { addon, snapshot } = await realFiles();
  const folder = await tempFolder();
  const [bundle, program] = [join(folder, "bundle.js"), join(folder, "measure.mjs")];
  await writeFile(bundle, code);
  await writeFile(program, PROGRAM);
  const { stdout } = await run(nodeBinary, [program, addon, snapshot, bundle, String(wasm)]);
  return JSON.parse(stdout) as Cost;
}

/** As the child does it, with a door that only answers what a library may ask while it loads. */
const PROGRAM = `
import { readFileSync } from "node:fs";
const [addonPath, snapshotPath, bundlePath, wasm] = process.argv.slice(2);
const addon = { exports: {} };
process.dlopen(addon, addonPath);
const { ivm } = addon.exports;
const bytes = readFileSync(snapshotPath);
const snapshot = new ivm.ExternalCopy(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const isolate = new ivm.Isolate({ memoryLimit: 512, snapshot });
const context = await isolate.createContext();
const door = new ivm.Callback((text) => {
  const question = JSON.parse(text);
  if (question.t === "now") return performance.now();
  if (question.t === "random") return crypto.getRandomValues(new Uint8Array(question.bytes)).buffer;
});
const limits = { windowBytes: 262144, chunkBytes: 65536, openEffects: 128, textChars: 16384, resultBytes: 1048576, timers: 1000, digestBytes: 8388608, wasm: wasm === "true" };
await context.evalClosure("const boot = globalThis.__edgeBoot; delete globalThis.__edgeBoot; return boot($0, $1)", [door, JSON.stringify(limits)], { result: { reference: true } });
const code = readFileSync(bundlePath, "utf8");
const started = performance.now();
const script = await isolate.compileScript(code, { filename: "plugin:measured" });
await script.run(context);
const startMs = performance.now() - started;
const { used_heap_size: heapBytes } = isolate.getHeapStatisticsSync();
process.stdout.write(JSON.stringify({ startMs, heapBytes }), () => process.exit());
`;
