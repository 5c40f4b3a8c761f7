/**
 * What an editor needs to know of a plugin: the SDK's types, the manifest's schema, the manifest's names.
 *
 * `.openclaw/` holds what is of this machine (paths into the installed host) and is never committed, packed or
 * loaded; `openclaw.plugin.d.ts` is the same everywhere. A file that is as it should be is not touched.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HostError } from "#host/base/errors.ts";
import { formatIssue } from "#manifests/issue.ts";
import { MANIFEST_FILE, type Manifest } from "#manifests/manifest.ts";
import { parseManifest } from "#manifests/parse.ts";
import { manifestTypes, TYPES_FILE } from "./manifest-types.ts";

/** Absolute paths into the installed host. */
export interface EditorPaths {
  /** Entries of what a plugin may import, by the name that it imports. */
  readonly types: Readonly<Record<string, string>>;
  /** The manifest's JSON Schema. */
  readonly schema: string;
}

/** Writes what is missing or out of date; gives the paths within the folder that it wrote. */
export async function writeEditorFiles(folder: string, paths: EditorPaths): Promise<string[]> {
  const files: Readonly<Record<string, string>> = {
    ".openclaw/.gitignore": "*\n",
    ".openclaw/tsconfig.json": tsconfig(paths),
    ".openclaw/plugin.schema.json": await readFile(paths.schema, "utf8"),
    [TYPES_FILE]: manifestTypes(await readManifest(folder)),
  };
  const written: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    if ((await readFile(path, "utf8").catch(() => null)) === text) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    written.push(name);
  }
  return written;
}

/** Null if `openclaw.plugin.d.ts` is up to date or not there; else what to do. */
export async function staleTypes(folder: string): Promise<string | null> {
  const there = await readFile(join(folder, TYPES_FILE), "utf8").catch(() => null);
  if (there === null || there === manifestTypes(await readManifest(folder))) return null;
  return `${TYPES_FILE} is not what ${MANIFEST_FILE} says. Run: openclaw plugin types`;
}

/** Rejects with `manifest.invalid`. */
export async function readManifest(folder: string): Promise<Manifest> {
  const bytes = await readFile(join(folder, MANIFEST_FILE)).catch(() => null);
  if (bytes === null) {
    throw new HostError("manifest.invalid", `Cannot find "${MANIFEST_FILE}" in the plugin's folder`, {
      fix: 'Make a plugin with "openclaw plugin new tool NAME"',
    });
  }
  const parsed = parseManifest(bytes);
  if (parsed.ok) return parsed.manifest;
  throw new HostError("manifest.invalid", parsed.issues.map(formatIssue).join("; "), {
    fix: `Correct ${MANIFEST_FILE}`,
  });
}

/** The types of an isolate are those of the web, not those of Node.js. */
function tsconfig({ types }: EditorPaths): string {
  const config = {
    compilerOptions: {
      target: "es2024",
      module: "preserve",
      moduleResolution: "bundler",
      lib: ["es2024", "dom", "dom.iterable", "dom.asynciterable"],
      types: [],
      paths: Object.fromEntries(Object.entries(types).map(([name, path]) => [name, [path]])),
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      isolatedModules: true,
      verbatimModuleSyntax: true,
      resolveJsonModule: true,
      skipLibCheck: true,
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
