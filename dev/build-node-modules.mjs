/**
 * Builds the shims of Node's modules: one file each in `dist/node`, which the bundler takes where a plugin or a library
 * imports the module. Plain JavaScript, as `build.mjs`.
 *
 * Each is CommonJS, so that `require` gives what Node's gives, and leaves the other modules to the bundler, so that
 * a bundle has one of each. A module that throws has every name that Node's has, each throwing with the reason.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const inNode = (file) => join(root, "host/edge/node", file);

/** What a shim's file is called: `node:fs/promises` is `fs-promises`. */
const fileOf = (name) => name.replaceAll("/", "-");

/** Other modules stay outside; names with a slash at the end are the npm packages of that name. */
const modulesStayOutside = {
  name: "modules-stay-outside",
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?[a-z_]+(?:\/[a-z0-9_]+)*$/ }, ({ path }) =>
      isBuiltin(path)
        ? { path: `node:${path.replace(/^node:/, "")}`, external: true, sideEffects: false }
        : undefined,
    );
    // One of it in a bundle, whichever modules are in it: it holds the frame of the running code.
    build.onResolve({ filter: /^\.\/async-context\.ts$/ }, () => ({
      path: "node:#async-context",
      external: true,
    }));
    build.onResolve({ filter: /^process\/$/ }, () => ({
      path: "node:process",
      external: true,
      sideEffects: false,
    }));
    // Asked for where there is no AbortController; there always is one.
    build.onResolve({ filter: /^abort-controller$/ }, () => ({ path: inNode("abort-controller.ts") }));
  },
};

/**
 * The extracted inspect looks at the prototypes of async functions as it loads. Where async functions become generators
 * there are none, so it gets those of generators everywhere.
 */
const inspectWithoutAsync = {
  name: "inspect-without-async",
  setup(build) {
    build.onLoad({ filter: /node-inspect-extracted[\\/]dist[\\/]inspect\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replaceAll(/async (function\*?\(\)\{\})/g, "$1");
      if (contents === source) throw new Error(`Cannot build the shim of node:util: ${path} has changed`);
      return { contents };
    });
  },
};

/** What `require` gives: the default export where there is one, else the names. */
const FOOTER =
  "module.exports = module.exports.default ?? Object.defineProperties({}, Object.getOwnPropertyDescriptors(module.exports));";

/** Writes `outDir/node`. */
export async function buildNodeModules({ outDir }) {
  const folder = join(outDir, "node");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { modules, packages } = await readTable();
  const shims = modules.filter(({ state }) => state !== "throws").map(({ name }) => fileOf(name));
  await Promise.all([
    bundleShims([...shims, "async-context", ...packages.map(({ file }) => file)], folder),
    ...modules
      .filter(({ state }) => state === "throws")
      .map(async ({ name, note }) =>
        writeFile(join(folder, `${fileOf(name)}.js`), await throwing(name, note)),
      ),
    bundle({
      entryPoints: [inNode("globals.ts"), inNode("timer-globals.ts")],
      outdir: folder,
      format: "esm",
    }),
  ]);
  // With the hash of all of them, so that bundles made with others are made anew.
  const facts = { modules, packages, hash: hashOf(folder) };
  await writeFile(join(folder, "modules.json"), JSON.stringify(facts));
}

function hashOf(folder) {
  const hash = createHash("sha256");
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest("hex");
}

/** TypeScript that has to be read by whatever Node builds: bundled, then imported from memory. */
async function readTable() {
  const { outputFiles } = await bundle({ entryPoints: [inNode("table.ts")], write: false, format: "esm" });
  const url = `data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`;
  const { NODE_MODULES, PACKAGES } = await import(url);
  return { modules: NODE_MODULES, packages: PACKAGES };
}

function bundleShims(names, outdir) {
  return bundle({
    entryPoints: names.map((name) => ({ in: inNode(`${name}.ts`), out: name })),
    outdir,
    format: "cjs",
    inject: [inNode("globals.ts")],
    footer: { js: FOOTER },
  });
}

async function bundle(options) {
  const { build } = await import("esbuild");
  return build({
    bundle: true,
    minify: true,
    platform: "neutral",
    target: "es2024",
    mainFields: ["module", "main"],
    conditions: ["import"],
    plugins: [modulesStayOutside, inspectWithoutAsync],
    define: { global: "globalThis" },
    legalComments: "none",
    logLevel: "warning",
    ...options,
  });
}

/** Modules that warn when they are only looked at. */
const QUIET = new Set(["wasi", "sqlite", "test", "test/reporters", "ffi", "sea"]);

/** Names are those of the Node that builds. A package that only mentions one still loads. */
async function throwing(name, note) {
  const real = QUIET.has(name) ? {} : await import(`node:${name}`).catch(() => ({}));
  const values = Object.entries(real).filter(([key]) => key !== "default" && key !== "module.exports");
  const lines = values.map(([key, value]) => {
    const what = JSON.stringify(`${name}.${key}`);
    if (typeof value === "function") return `${JSON.stringify(key)}:absent(${what})`;
    const plain = ["string", "number", "boolean"].includes(typeof value) ? JSON.stringify(value) : "{}";
    return `${JSON.stringify(key)}:${plain}`;
  });
  return `const absent=(name)=>{function missing(){throw Object.assign(new Error("Cannot use "+name+" in an isolate: "+${JSON.stringify(note)}),{code:"ERR_METHOD_NOT_IMPLEMENTED"})}return missing};
module.exports={${lines.join(",")}};\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await buildNodeModules({ outDir: process.argv[2] ?? join(root, "dist") });
}
