/**
 * Makes the V8 snapshot that every isolate starts from: the edge runtime, evaluated once.
 *
 * `build-snapshot.mjs <addon> <edge.js> <out>`, run by the very Node that will run the sandbox: a snapshot fits
 * one V8. The file appears whole or not at all.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { loadIsolatedVm } from "./addon.ts";

const [addonPath, edgePath, outPath] = process.argv.slice(2);
if (addonPath === undefined || edgePath === undefined || outPath === undefined) {
  process.stderr.write("Usage: build-snapshot.mjs <addon> <edge.js> <out>\n");
  process.exit(64);
}

const ivm = loadIsolatedVm(addonPath);
const snapshot = ivm.Isolate.createSnapshot([
  { code: readFileSync(edgePath, "utf8"), filename: "edge:runtime" },
]);
const partial = `${outPath}.${process.pid}.partial`;
writeFileSync(partial, new Uint8Array(snapshot.copy()));
renameSync(partial, outPath);
