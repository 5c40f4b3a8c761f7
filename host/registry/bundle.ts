/**
 * From a plugin's sources to one script that an isolate can run.
 *
 * Owns the bundler's process: started for the first bundle, ended when idle. Guarantees that a bundle
 * depends on the snapshot and the toolchain alone: no tsconfig, no environment, nothing from the disk but
 * the SDK, valibot, the shims of Node's modules and an installed plugin's packages. Nothing is written.
 *
 * A bundle with `node:async_hooks` in it is made once more, its `async` functions as generators: only so can a store
 * follow an `await`. Others keep V8's own, which are faster.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildFailure, BuildOptions, BuildResult } from "esbuild";
import { HostError } from "#host/base/errors.ts";
import { REGISTRY } from "#host/base/limits.ts";
import { withMap } from "./bundle-map.ts";
import { sha256 } from "./folder.ts";
import { createImportRules } from "./imports.ts";
import { addPackageFacts } from "./package-files.ts";
import { readNodeModules } from "./node-modules.ts";

export interface BundlerDeps {
  /** Absolute path of `openclaw/sdk`'s entry. */
  readonly sdkEntry: string;
  /** Absolute path of valibot's entry (ES module). */
  readonly valibotEntry: string;
  /** Absolute path of `openclaw/sdk/testing`'s entry. */
  readonly testingEntry?: string;
  /** Absolute path of the folder with the shims of Node's modules. */
  readonly nodeModules: string;
  readonly idleMs?: number;
}

export interface BundleRequest {
  readonly id: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Path of the entry in `files`. */
  readonly entry: string;
  /** The folder whose `node_modules` may be used, or null. */
  readonly packagesFolder: string | null;
  /** Filled with the SHA-256 (hex) of each file below `node_modules` that the bundle depends on, by its path in the folder. */
  readonly packages?: Map<string, string>;
  /** Whether `openclaw/sdk/testing` may be imported: by tests, never by a plugin that is used. */
  readonly withTesting?: boolean;
  /** For what is sent to others: smaller, and its stack traces are read by its map all the same. */
  readonly minify?: boolean;
}

export interface Bundler {
  /** An iife that puts the entry's exports into `__plugin`. Rejects with `plugin.bundle`. */
  bundle(request: BundleRequest): Promise<Uint8Array>;
  /** Names what else a bundle depends on. Another toolchain makes another bundle of the same sources. */
  toolchain(): Promise<string>;
  stop(): Promise<void>;
}

/** Raised when the options below change, so that cached bundles are made anew. */
const FORMAT = 4;
/** More would bury the one that matters. */
const SHOWN_ERRORS = 5;

export function createBundler(deps: BundlerDeps): Bundler {
  let idle: ReturnType<typeof setTimeout> | undefined;
  let running = 0;
  let toolchain: Promise<string> | undefined;

  const end = async () => {
    clearTimeout(idle);
    const { stop } = await import("esbuild");
    if (running === 0) await stop();
  };
  return {
    async bundle(request) {
      clearTimeout(idle);
      running++;
      try {
        return await runEsbuild(request, deps).catch((error: unknown) => again(error, request, deps));
      } finally {
        running--;
        if (running === 0) {
          idle = setTimeout(() => void end(), deps.idleMs ?? REGISTRY.bundlerIdleMs);
          idle.unref();
        }
      }
    },
    toolchain: () => (toolchain ??= nameToolchain(deps)),
    stop: async () => {
      if (idle !== undefined) await end();
    },
  };
}

async function nameToolchain(deps: BundlerDeps): Promise<string> {
  const modules = join(deps.nodeModules, "modules.json");
  const files = await Promise.all([deps.sdkEntry, deps.valibotEntry, modules].map((file) => readFile(file)));
  return sha256([FORMAT, ...files.map(sha256)].join("\n"));
}

/** esbuild does not notice by itself that its process is gone, killed for memory perhaps: start it anew, once. */
async function again(error: unknown, request: BundleRequest, deps: BundlerDeps): Promise<Uint8Array> {
  if (!(error instanceof HostError) || !/service (?:was stopped|is no longer running)/.test(error.message)) {
    throw error;
  }
  const { stop } = await import("esbuild");
  await stop();
  return runEsbuild(request, deps);
}

async function runEsbuild(request: BundleRequest, deps: BundlerDeps): Promise<Uint8Array> {
  const { build } = await import("esbuild");
  try {
    const options = await optionsFor(request, deps);
    const plain = await build(options);
    const carriesStores = hasInput(plain, join(deps.nodeModules, "async_hooks.js"));
    const { outputFiles } = carriesStores ? await build({ ...options, supported: NO_ASYNC }) : plain;
    if (request.packages !== undefined) await addPackageFacts(request.packagesFolder, request.packages);
    const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text;
    const code = textOf(".js") ?? "";
    return withMap(carriesStores ? mendGenerators(code) : code, textOf(".map") ?? "{}");
  } catch (cause) {
    throw new HostError("plugin.bundle", `Cannot bundle "${request.id}": ${reasonsOf(cause)}`, { cause });
  }
}

/**
 * esbuild's stand-in for async generators leaves a `finally` at its first `await` when the generator is ended early: it
 * goes on with "return" where it should go on with "next", but for what `yield*` hands through. As long as before, so
 * that the map still fits. (Of the three names only "return" has a sixth letter.)
 */
function mendGenerators(code: string): string {
  const wrong = /(\w+) ?=== ?"return" ?\? ?\1 ?: ?"next"(?=, ?(\w+)\[1\])/g;
  return code.replaceAll(wrong, (found: string, kind: string, value: string) =>
    `${value}[1]&&${kind}[5]?${kind}:"next"`.padEnd(found.length),
  );
}

const NO_ASYNC = { "async-await": false, "async-generator": false, "for-await": false };

/** What bundles find in place of what only a file on a disk has. */
const DEFINED = {
  global: "globalThis",
  "process.env.NODE_ENV": '"production"',
  "import.meta.url": '"file:///plugin.js"',
  __dirname: '"/"',
  __filename: '"/plugin.js"',
};

async function optionsFor(request: BundleRequest, deps: BundlerDeps) {
  const nodeModules = await readNodeModules(deps.nodeModules);
  return {
    entryPoints: [request.entry],
    plugins: [createImportRules({ ...request, ...deps, nodeModules })],
    inject: globalsOf(request).map((file) => join(deps.nodeModules, file)),
    define: DEFINED,
    bundle: true,
    write: false,
    metafile: true,
    format: "iife",
    globalName: "__plugin",
    platform: "neutral",
    mainFields: ["browser", "module", "main"],
    conditions: ["worker", "browser"],
    target: "es2024",
    charset: "utf8",
    treeShaking: true,
    minify: request.minify === true,
    legalComments: "none",
    // Names and lines for an author's stack traces, without the sources themselves.
    sourcemap: "external",
    sourcesContent: false,
    outfile: `/${request.id}.js`,
    tsconfigRaw: "{}",
    logLevel: "silent",
  } as const satisfies BuildOptions;
}

const NODE_GLOBALS = /\b(?:Buffer|process|setImmediate|clearImmediate)\b/;

/** Libraries may use any global of Node's. A plugin of own files that names none is spared what would bring them. */
function globalsOf({ files, packagesFolder }: BundleRequest): readonly string[] {
  if (packagesFolder !== null) return ["globals.js", "timer-globals.js"];
  const decoder = new TextDecoder();
  return [...files.values()].some((bytes) => NODE_GLOBALS.test(decoder.decode(bytes))) ? ["globals.js"] : [];
}

function hasInput({ metafile }: Pick<BuildResult, "metafile">, file: string): boolean {
  const [output] = Object.values(metafile?.outputs ?? {}).filter(
    ({ entryPoint }) => entryPoint !== undefined,
  );
  return Object.entries(output?.inputs ?? {}).some(
    ([path, { bytesInOutput }]) => bytesInOutput > 0 && file.endsWith(path.replace(/^(?:\.\.\/)*/, "/")),
  );
}

function reasonsOf(thrown: unknown): string {
  const errors = (thrown as Partial<BuildFailure>).errors;
  if (errors === undefined) return thrown instanceof Error ? thrown.message : String(thrown);
  const reasons = errors.slice(0, SHOWN_ERRORS).map(({ text, location }) => {
    if (location === null) return text;
    const file = location.file.replace(/^plugin:/, "");
    return `${file}:${location.line}:${location.column + 1}: ${text}`;
  });
  return reasons.join("; ");
}
