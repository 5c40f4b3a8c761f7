/** `node:module`: which modules there are. Code is bundled, so `createRequire` gives a `require` that finds nothing. */
import { absent } from "./absent.ts";
import { NODE_MODULES } from "./table.ts";

const bundled = "all code is bundled when the plugin is installed; import it instead";
const builtinModules = NODE_MODULES.filter(({ state }) => state !== "throws").map(({ name }) => name);

function createRequire(): unknown {
  const require = (name: string): never => {
    throw Object.assign(new Error(`Cannot require "${name}": ${bundled}`), { code: "MODULE_NOT_FOUND" });
  };
  return Object.assign(require, { resolve: require, cache: {}, extensions: {}, main: undefined });
}

export default {
  builtinModules,
  createRequire,
  isBuiltin: (name: string) => builtinModules.includes(name.replace(/^node:/, "")),
  findSourceMap: () => undefined,
  Module: absent("module.Module", bundled),
  register: absent("module.register", bundled),
};
