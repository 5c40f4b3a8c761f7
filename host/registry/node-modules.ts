/**
 * The shims of Node's modules that a bundle may take in, as the release built them.
 *
 * Whether a module is there is data of the release (`modules.json` beside the shims). A plugin's own import of a
 * module that throws is refused with the reason; a library's becomes the stub, which throws when it is used.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";

const Facts = v.object({
  modules: v.array(
    v.object({
      name: v.string(),
      state: v.picklist(["full", "partial", "throws"]),
      note: v.string(),
      prefixOnly: v.optional(v.boolean()),
    }),
  ),
  packages: v.array(v.object({ name: v.string(), file: v.string(), note: v.string() })),
});

export interface NodeModules {
  readonly folder: string;
  /** The shim's file; a reason why a plugin may not import it; null if it is none of Node's modules. */
  find(specifier: string): FoundModule | null;
  /** The file that stands in place of an npm package, or null. */
  replacementOf(specifier: string): string | null;
}

export interface FoundModule {
  readonly file: string;
  /** Null if it works. */
  readonly refusal: string | null;
}

/** Shared by the shims, and nobody else's. */
const INTERNAL = "node:#async-context";

/** `folder` is the release's `dist/node`. */
export async function readNodeModules(folder: string): Promise<NodeModules> {
  const { modules, packages } = v.parse(
    Facts,
    JSON.parse(await readFile(join(folder, "modules.json"), "utf8")),
  );
  const byName = new Map(modules.map((module) => [module.name, module]));
  const files = new Map(packages.map(({ name, file }) => [name, join(folder, `${file}.js`)]));
  return {
    folder,
    find(specifier) {
      if (specifier === INTERNAL) return { file: join(folder, "async-context.js"), refusal: null };
      const isPrefixed = specifier.startsWith("node:");
      const name = specifier.replace(/^node:/, "");
      const module = byName.get(name);
      if (module === undefined) return isPrefixed ? { file: "", refusal: "there is no such module" } : null;
      if (module.prefixOnly === true && !isPrefixed) return null;
      const file = join(folder, `${name.replaceAll("/", "-")}.js`);
      return { file, refusal: module.state === "throws" ? module.note : null };
    },
    replacementOf: (specifier) => files.get(specifier) ?? null,
  };
}
