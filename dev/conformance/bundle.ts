/**
 * A suite as one script that leaves a plugin behind, as the registry's bundles do. The same text runs in an isolate
 * and in Node; only suites of Node's modules differ, which are bundled with the shims for an isolate, as a plugin is.
 */
import { existsSync, readFileSync } from "node:fs";
import { createBundler } from "#host/registry/bundle.ts";
import { bundlerPaths } from "#host/registry/temporary-registry.ts";
import type { PlaceName } from "./report.ts";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

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
  return ofNode && place === "isolate" ? bundleAsPlugin(file) : bundleAsItStands(file);
}

const bundler = createBundler(bundlerPaths());

async function bundleAsPlugin(file: string): Promise<string> {
  const own = (name: string) =>
    [name, new Uint8Array(readFileSync(join(dirname(file), "..", name)))] as const;
  const suite = `node/${basename(file)}`;
  const entry = new TextEncoder().encode(entryOf(`./${suite}`));
  const files = new Map([["main.ts", entry], own(suite), own("harness.ts"), own("assertions.ts")]);
  return new TextDecoder().decode(
    await bundler.bundle({ id: "suite", files, entry: "main.ts", packagesFolder: null }),
  );
}

function entryOf(suite: string): string {
  return `
    import ${JSON.stringify(suite)};
    import { runTests } from "./harness.ts";
    const execute = async (around) => JSON.stringify(await runTests(around));
    export default { kind: "tool", tools: [{ name: "${TOOL}", description: "A suite", parameters: {}, execute }] };`;
}

async function bundleAsItStands(file: string): Promise<string> {
  const contents = entryOf(file);
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(root, "dev/conformance"), sourcefile: `${dirname(file)}/entry.ts` },
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
