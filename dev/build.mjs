/**
 * Builds what does not run from source: the code inside an isolate and the two programs for the sandbox's Node.
 *
 * Plain JavaScript, so that it runs before anything is installed but esbuild. `node dev/build.mjs [outDir]`.
 */
import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const inEdge = (file) => join(root, "host/edge", file);

/** Undici's fetch classes ask for a few names of Node's; `undici-needs.cjs` has just those. */
const undiciNeeds = {
  name: "undici-needs",
  setup(build) {
    build.onResolve({ filter: /^node:/ }, () => ({ path: inEdge("undici-needs.cjs") }));
  },
};

/** fetch-blob waits at its top level for a stream class that we always have; a snapshot cannot wait. */
const blobWithoutWaiting = {
  name: "blob-without-waiting",
  setup(build) {
    build.onLoad({ filter: /fetch-blob[\\/]index\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replace("if (!globalThis.ReadableStream)", "if (false)");
      if (contents === source) throw new Error(`Cannot build the edge runtime: ${path} has changed`);
      return { contents };
    });
  },
};

const node = { platform: "node", format: "esm", target: "node26", packages: "bundle" };

const programs = {
  "edge.js": {
    entryPoints: [inEdge("main.ts")],
    platform: "neutral",
    format: "iife",
    target: "es2024",
    mainFields: ["module", "main"],
    conditions: ["import"],
    inject: [inEdge("undici-globals.ts")],
    plugins: [undiciNeeds, blobWithoutWaiting],
    define: {
      global: "globalThis",
      "process.versions.node": '"26.0.0"',
      "process.platform": '"edge"',
      "process.env.NODE_DEBUG": '""',
    },
  },
  "sandbox-child.mjs": { entryPoints: [join(root, "host/sandbox/child/main.ts")], ...node },
  "build-snapshot.mjs": { entryPoints: [join(root, "host/sandbox/child/build-snapshot.ts")], ...node },
};

/** Writes every program to `outDir` and answers their sizes in bytes by file name. */
export async function build({ outDir }) {
  const { build: bundle } = await import("esbuild");
  await mkdir(outDir, { recursive: true });
  const names = Object.keys(programs);
  await Promise.all(
    names.map((name) =>
      bundle({
        ...programs[name],
        bundle: true,
        minify: true,
        legalComments: "none",
        logLevel: "warning",
        outfile: join(outDir, name),
      }),
    ),
  );
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(outDir, name))).size));
  return Object.fromEntries(names.map((name, index) => [name, sizes[index]]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const sizes = await build({ outDir: process.argv[2] ?? join(root, "dist") });
  for (const [name, bytes] of Object.entries(sizes)) console.log(`${name}  ${bytes} bytes`);
}
