/**
 * What a plugin's code may import, as a plugin of esbuild.
 *
 * Guarantees that nothing comes into a bundle but the plugin's own files (as they were read and hashed),
 * the host's SDK, the host's valibot, the release's shims of Node's modules, and, for an installed plugin, packages
 * below its own `node_modules`. Refuses everything else with the import's file and line: paths out of the folder,
 * absolute paths, URLs, modules of Node's that an isolate cannot have.
 */
import { realpath } from "node:fs/promises";
import { join, posix, sep } from "node:path";
import type { Loader, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import { loadAddon, loadWebAssembly } from "./binary-imports.ts";
import type { NodeModules } from "./node-modules.ts";
import { readPackageFile } from "./package-files.ts";
import {
  AS_ADDRESS,
  createWebAssemblySearch,
  scriptOf,
  loadWebAssemblyUrl,
  withWebAssemblyUrls,
} from "./web-assembly-urls.ts";

export interface ImportRules {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Absolute path of the SDK's entry. */
  readonly sdkEntry: string;
  /** Absolute path of valibot's entry. */
  readonly valibotEntry: string;
  /** Absolute path of the testing kit's entry; tests alone may import it. */
  readonly testingEntry?: string;
  readonly withTesting?: boolean;
  readonly nodeModules: NodeModules;
  /** The folder whose `node_modules` may be used; null for a plugin that was dropped in. */
  readonly packagesFolder: string | null;
  /** Filled with the hash of each package's file that comes in. */
  readonly packages?: Map<string, string>;
}

/** Files that come from the snapshot. */
const OWN = "plugin";
const LOADERS: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".jsx": "jsx",
  ".json": "json",
  ".txt": "text",
  ".md": "text",
  ".wasm": "binary",
};
const ENDINGS = ["", ".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".jsx", ".json", "/index.ts", "/index.js"];

export function createImportRules(rules: ImportRules): Plugin {
  return {
    name: "plugin-imports",
    setup(build) {
      const hasWebAssembly = createWebAssemblySearch();
      const bytesOf = async (path: string, namespace: string) =>
        namespace === OWN ? (rules.files.get(path) ?? missing(path)) : readPackageFile(path, rules);
      build.onResolve({ filter: /.*/ }, (args) => resolveImport(args, rules, build));
      build.onLoad({ filter: /\.wasm$/ }, async ({ path, namespace, suffix }) => {
        const bytes = await bytesOf(path, namespace);
        return suffix === AS_ADDRESS ? loadWebAssemblyUrl(bytes) : loadWebAssembly(bytes);
      });
      build.onLoad({ filter: /.*/, namespace: OWN }, async ({ path, namespace }) => {
        const loader = LOADERS[posix.extname(path)] ?? "ts";
        const contents = await bytesOf(path, namespace);
        const isCode = loader !== "json" && loader !== "text";
        return {
          contents: (isCode ? withWebAssemblyUrls(decoder.decode(contents)) : null) ?? contents,
          loader,
        };
      });
      build.onLoad({ filter: /\.m?js$/ }, async ({ path, pluginData }) =>
        pluginData === IN_PACKAGE && (await hasWebAssembly(path))
          ? scriptOf(await readPackageFile(path, rules))
          : undefined,
      );
      build.onLoad({ filter: /\.node$/ }, ({ path }) => loadAddon(path));
      if (rules.packages === undefined) return;
      build.onLoad({ filter: /[\\/]node_modules[\\/]/, namespace: "file" }, async ({ path }) => ({
        contents: await readPackageFile(path, rules),
        loader: "default",
      }));
    },
  };
}

async function resolveImport(
  args: OnResolveArgs,
  rules: ImportRules,
  build: PluginBuild,
): Promise<OnResolveResult | undefined> {
  // `build.resolve` below asks this function again; the mark lets esbuild's own resolver answer.
  if (args.pluginData === RESOLVING) return undefined;
  // The shims that stand for globals are entries too.
  if (args.kind === "entry-point") {
    return isInside(args.path, rules.nodeModules.folder)
      ? { path: args.path, sideEffects: false }
      : // Where a file of the same name stands in the process's folder, esbuild writes "./" before it.
        { path: posix.normalize(args.path), namespace: OWN };
  }
  if (args.path === "openclaw/sdk") return { path: rules.sdkEntry, sideEffects: false };
  if (args.path === "openclaw/sdk/testing") return resolveTesting(rules);
  if (args.path === "valibot") return { path: rules.valibotEntry, sideEffects: false };
  if (args.namespace !== OWN) return resolveInPackage(args, rules, build);
  const shim = rules.nodeModules.find(args.path);
  if (shim !== null) {
    return shim.refusal === null ? taken(shim.file) : refuse(builtinRule(args.path, shim.refusal));
  }
  if (/^\.\.?(?:\/|$)/.test(args.path)) return resolveOwn(args, rules.files);
  const refusal = refusalOf(args.path, rules.packagesFolder !== null);
  if (refusal !== null) return refuse(refusal);
  return resolvePackage(args, rules.packagesFolder ?? "", rules, build);
}

function resolveTesting({ testingEntry, withTesting }: ImportRules): OnResolveResult {
  if (withTesting === true && testingEntry !== undefined) return { path: testingEntry };
  return refuse('"openclaw/sdk/testing" is for tests alone: import it in a *.test.ts file');
}

function missing(path: string): never {
  throw new Error(`"${path}" is not among the plugin's files`);
}

const RESOLVING = Symbol("resolving");
const IN_PACKAGE = Symbol("in a package");
const decoder = new TextDecoder();

function resolveOwn(args: OnResolveArgs, files: ReadonlyMap<string, Uint8Array>): OnResolveResult {
  const { path: asked, suffix } = withoutSuffix(args.path);
  const path = posix.join(posix.dirname(args.importer), asked);
  if (path === ".." || path.startsWith("../")) {
    return refuse(`"${args.path}" is outside of the plugin's folder`);
  }
  // TypeScript's habit: what is written as .js is a .ts beside it.
  const found = [...ENDINGS.map((ending) => path + ending), path.replace(/\.([cm]?)js$/, ".$1ts")].find(
    (name) => files.has(name),
  );
  if (found === undefined) return refuse(`"${args.path}" does not exist in the plugin's folder`);
  if (LOADERS[posix.extname(found)] === undefined) {
    return refuse(`"${args.path}" is no code, JSON or text (${Object.keys(LOADERS).join(" ")})`);
  }
  return { path: found, namespace: OWN, ...suffix };
}

/**
 * Imports of files on disk: the SDK's, valibot's and the shims' own, and those of packages, which must stay inside.
 * What an isolate cannot have becomes a stub there: a library may only mention it.
 */
async function resolveInPackage(
  args: OnResolveArgs,
  rules: ImportRules,
  build: PluginBuild,
): Promise<OnResolveResult | undefined> {
  const shim = rules.nodeModules.find(args.path);
  if (isInside(args.importer, rules.nodeModules.folder)) return shim === null ? undefined : taken(shim.file);
  if (rules.packagesFolder === null) return undefined;
  const packages = join(await realpath(rules.packagesFolder), "node_modules");
  if (!isInside(args.importer, packages)) return undefined;
  if (shim !== null)
    return shim.file === "" ? refuse(builtinRule(args.path, shim.refusal ?? "")) : taken(shim.file);
  return resolvePackage(args, args.resolveDir, rules, build);
}

/** Only what is used of it comes in. */
function taken(file: string): OnResolveResult {
  return { path: file, sideEffects: false };
}

async function resolvePackage(
  args: OnResolveArgs,
  from: string,
  { nodeModules, packagesFolder }: ImportRules,
  build: PluginBuild,
): Promise<OnResolveResult | undefined> {
  const replacement = nodeModules.replacementOf(args.path);
  if (replacement !== null) return taken(replacement);
  const { path, suffix } = withoutSuffix(args.path);
  const result = await build.resolve(path, {
    kind: args.kind,
    resolveDir: from,
    importer: args.importer,
    pluginData: RESOLVING,
  });
  // A package may ask for one that is not there: within `try` that is no error, and esbuild knows the difference.
  if (result.errors.length > 0) {
    return args.namespace === OWN ? refuse(`"${args.path}" is not in the plugin's node_modules`) : undefined;
  }
  const packages = join(await realpath(packagesFolder ?? ""), "node_modules");
  const isDisabled = result.namespace !== "file";
  if (!isDisabled && (result.external || !isInside(await realpath(result.path), packages))) {
    return refuse(`"${args.path}" is outside of the plugin's node_modules`);
  }
  const { namespace, sideEffects } = result;
  return { path: result.path, namespace, sideEffects, pluginData: IN_PACKAGE, ...suffix };
}

/** An address of WebAssembly is asked for with a mark behind its path. */
function withoutSuffix(path: string): { readonly path: string; readonly suffix: { suffix?: string } } {
  if (!path.endsWith(AS_ADDRESS)) return { path, suffix: {} };
  return { path: path.slice(0, -AS_ADDRESS.length), suffix: { suffix: AS_ADDRESS } };
}

function refusalOf(path: string, hasPackages: boolean): string | null {
  if (/^(?:\/|[A-Za-z]:[\\/]|(?:file|https?|data|blob):)/.test(path)) {
    return `"${path}" is not beneath the plugin's folder: use a relative path`;
  }
  if (path.startsWith("openclaw/")) {
    return `"${path}" is OpenClaw's in-process plugin interface, which would run inside the host: use "openclaw/sdk"`;
  }
  return hasPackages
    ? null
    : `"${path}" is a package: only "openclaw/sdk" and "valibot" are given by the host, anything else is bundled by "openclaw plugin install"`;
}

function builtinRule(path: string, reason: string): string {
  return `"${path}" is a module of Node.js that an isolate cannot have: ${reason}`;
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function refuse(text: string): OnResolveResult {
  return { errors: [{ text }] };
}
