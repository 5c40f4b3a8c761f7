/**
 * A suite as one script that leaves a plugin behind, as the registry's bundles do. The same text runs in an isolate
 * and in Node.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
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

export async function bundleSuite(file: string): Promise<string> {
  const contents = `
    import ${JSON.stringify(file)};
    import { runTests } from "./harness.ts";
    const execute = async (around) => JSON.stringify(await runTests(around));
    export default { kind: "tool", tools: [{ name: "${TOOL}", description: "A suite", parameters: {}, execute }] };`;
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
    plugins: [wptData],
  });
  return outputFiles[0]?.text ?? "";
}
