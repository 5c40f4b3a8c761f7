/**
 * A suite as one script that leaves a plugin behind, as the registry's bundles do. The same text runs in an isolate
 * and in Node; only suites of Node's modules differ, which are bundled with the shims for an isolate, as a plugin is.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { createBundler } from "#host/registry/bundle.ts";
import { bundlerPaths } from "#host/registry/temporary-registry.ts";
import type { PlaceName } from "./report.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const wptFolder = join(root, "../shared/wpt");

/** What the suite's one tool is called. */
export const TOOL = "conformance";

/** `wpt:NAME` is a file of the data folder beside the project; null where there is none. */
const wptData: Plugin = {
  name: "wpt-data",
  setup(bundler) {
    bundler.onResolve({ filter: /^wpt:/ }, ({ path }) => ({ path: path.slice(4), namespace: "wpt" }));
    bundler.onLoad({ filter: /.*/, namespace: "wpt" }, ({ path }) => {
      const file = join(wptFolder, path);
      return { contents: existsSync(file) ? readFileSync(file, "utf8") : "null", loader: "json" };
    });
  },
};

export async function bundleSuite(file: string, place: PlaceName): Promise<string> {
  const ofNode = basename(dirname(file)) === "node";
  return ofNode && place === "isolate" ? bundleAsPlugin(file) : bundleAsItStands(suiteOf(file));
}

/** What looks at the runtime in place of testing it. */
export function bundleProbe(): Promise<string> {
  return bundleAsItStands(
    entryOf(`
    import { probe } from "./probe.ts";
    const execute = async () => JSON.stringify(await probe());`),
  );
}

const bundler = createBundler(bundlerPaths());

async function bundleAsPlugin(file: string): Promise<string> {
  const own = (name: string) =>
    [name, new Uint8Array(readFileSync(join(dirname(file), "..", name)))] as const;
  const suite = `node/${basename(file)}`;
  const entry = new TextEncoder().encode(suiteOf(`./${suite}`));
  const files = new Map([["main.ts", entry], own(suite), own("harness.ts"), own("assertions.ts")]);
  return new TextDecoder().decode(
    await bundler.bundle({ id: "suite", files, entry: "main.ts", packagesFolder: null }),
  );
}

function suiteOf(suite: string): string {
  return entryOf(`
    import ${JSON.stringify(suite)};
    import { runTests } from "./harness.ts";
    const execute = async (around) => JSON.stringify(await runTests(around));`);
}

/** `source` leaves the tool's function as `execute`. */
function entryOf(source: string): string {
  return `${source}
    export default { kind: "tool", tools: [{ name: "${TOOL}", description: "A suite", parameters: {}, execute }] };`;
}

async function bundleAsItStands(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(root, "dev/conformance"), sourcefile: "entry.ts" },
    bundle: true,
    write: false,
    format: "iife",
    globalName: "__plugin",
    platform: "neutral",
    target: "es2024",
    charset: "ascii",
    logLevel: "warning",
    external: ["node:*"],
    plugins: [wptData],
  });
  return outputFiles[0]?.text ?? "";
}
