/**
 * Builds what does not run from source: the code inside an isolate and the two programs for the sandbox's Node.
 *
 * Plain JavaScript, so that it runs before anything is installed but esbuild. `node dev/build.mjs [outDir]`.
 */
import { mkdir, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const inEdge = (file) => join(root, "host/edge", file);

/** Undici's fetch classes ask for a few names of Node's; `undici-needs.cjs` has just those. */
const undiciNeeds = {
  name: "undici-needs",
  setup(build) {
    build.onResolve({ filter: /^node:/ }, () => ({ path: inEdge("undici-needs.cjs") }));
  },
};

/**
 * The encoding library in parts: its JavaScript goes into isolates, with `utf8.ts` and `encoding-tables.ts` in place of
 * two of its files; its tables stay in the child as text.
 */
const encodingInIsolates = {
  name: "encoding-in-isolates",
  setup(build) {
    const library = join(dirname(require.resolve("@exodus/bytes/encoding.js")), "fallback");
    build.onResolve({ filter: /^@exodus\/bytes\/decoder$/ }, () => ({
      path: require.resolve("@exodus/bytes/encoding.js"),
    }));
    build.onResolve({ filter: /^@exodus\/bytes\/utf8-fallback$/ }, () => ({
      path: join(library, "utf8.js"),
    }));
    build.onResolve({ filter: /^@exodus\/bytes\/utf8\.js$/ }, () => ({ path: inEdge("utf8.ts") }));
    build.onResolve({ filter: /multi-byte\.encodings\.cjs$/ }, () => ({
      path: inEdge("encoding-tables.ts"),
    }));
  },
};

const URL_PATTERN = /urlpattern-polyfill[\\/]dist[\\/]urlpattern\.js$/;

/** What a library does otherwise than we need, changed as it is bundled; a build that finds it changed fails. */
const CHANGES = [
  {
    // A URL as the module loads: there is no parser yet while the snapshot is made, and only `href` is read.
    file: /json-schema[\\/]dist[\\/]esm[\\/]dereference\.js$/,
    from: "new URL('https://github.com/cfworker')",
    to: "{ href: 'https://github.com/cfworker' }",
  },
  {
    // A boundary is looked for where a line begins: as any part of the body, a short one would cut it.
    file: /undici[\\/]lib[\\/]web[\\/]fetch[\\/]formdata-parser\.js$/,
    from: "const boundaryIndex = input.indexOf(boundary.subarray(2), position.position)",
    to: `const line = input.indexOf(Buffer.concat([Buffer.from("\\r\\n"), boundary]), position.position)
      const boundaryIndex = line === -1 ? -1 : line + 4`,
  },
  {
    // A clone's body has chunks of its own.
    file: /undici[\\/]lib[\\/]web[\\/]fetch[\\/]body\.js$/,
    from: "body.stream.tee()",
    to: `require(${JSON.stringify(inEdge("tee.ts"))}).teeWithCopies(body.stream)`,
  },
  {
    // How our streams say that there is nothing left to close.
    file: /undici[\\/]lib[\\/]web[\\/]fetch[\\/]util\.js$/,
    from: "!err.message.includes('Controller is already closed')",
    to: "!err.message.includes('(in closed state)') && !err.message.includes('Controller is already closed')",
  },
  {
    // The standard now compiles patterns with the `v` flag.
    file: URL_PATTERN,
    from: 'e.ignoreCase?"ui":"u"',
    to: 'e.ignoreCase?"vi":"v"',
  },
  {
    // Names are read by characters, not by halves of them.
    file: URL_PATTERN,
    from: "let i=e.substr(s,1);",
    to: "let i=String.fromCodePoint(e.codePointAt(s));",
  },
  { file: URL_PATTERN, from: "{f+=e[s++];continue}", to: "{f+=i;s+=i.length;continue}" },
  {
    // What ends a host or a port in a URL ends it here too, and line breaks and tabs count for nothing.
    file: URL_PATTERN,
    from: "/[\\t\\n\\r #%/:<>?@[\\]^\\\\|]/g.test(e)",
    to: "/^[^#/?\\\\]*[ %:<>@[\\]^|]/.test(e)",
  },
  {
    file: URL_PATTERN,
    from: 'if(e===""||/^[0-9]*$/.test(e)&&parseInt(e)<=65535)return e;',
    to: 'if(e==="")return e;const d=/^[0-9]+/.exec(e.replace(/[\\t\\n\\r]/g,""))?.[0];if(d!==undefined&&+d<=65535)return String(+d);',
  },
  { file: URL_PATTERN, from: 'case"wws"', to: 'case"wss"' },
];

const changedLibraries = {
  name: "changed-libraries",
  setup(build) {
    for (const file of new Set(CHANGES.map((change) => change.file))) {
      build.onLoad({ filter: file }, async ({ path }) => {
        let contents = await readFile(path, "utf8");
        for (const { from, to } of CHANGES.filter((change) => change.file === file)) {
          if (!contents.includes(from)) throw new Error(`Cannot build the edge runtime: ${path} has changed`);
          contents = contents.replace(from, () => to);
        }
        return { contents };
      });
    }
  },
};

const encodingTables = {
  name: "encoding-tables",
  setup(build) {
    const library = join(dirname(require.resolve("@exodus/bytes/encoding.js")), "fallback");
    build.onResolve({ filter: /^encoding-tables:json$/ }, () => ({
      path: join(library, "multi-byte.encodings.json"),
      namespace: "encoding-tables",
    }));
    build.onLoad({ filter: /.*/, namespace: "encoding-tables" }, async ({ path }) => ({
      contents: JSON.stringify(JSON.parse(await readFile(path, "utf8"))),
      loader: "text",
    }));
  },
};

const node = {
  platform: "node",
  format: "esm",
  target: "node26",
  packages: "bundle",
  plugins: [encodingTables],
};

const programs = {
  "edge.js": {
    entryPoints: [inEdge("main.ts")],
    platform: "neutral",
    format: "iife",
    target: "es2024",
    mainFields: ["module", "main"],
    conditions: ["import"],
    inject: [inEdge("undici-globals.ts")],
    plugins: [undiciNeeds, encodingInIsolates, changedLibraries],
    define: {
      global: "globalThis",
      "process.versions.node": '"26.0.0"',
      "process.platform": '"edge"',
      "process.env.NODE_DEBUG": '""',
      // A warning of undici's, for nobody here.
      "process.emitWarning": "Function.prototype",
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
