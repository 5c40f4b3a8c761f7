/** Modules of the process, files and data asked for by `import()`. */
import type { Hazard } from "./hazard.ts";
import { huntIn } from "./hunt.ts";

export const hazard: Hazard = {
  name: "dynamic import of Node's modules, of files and of data",
  wall: "isolate",
  canary: "Node's `fs`",
  without: "`node:vm` in the isolate's place",
  attack: (wall, files) =>
    huntIn(
      wall,
      files,
      `const caught = [];
       for (const name of ["node:fs", "fs", "file:///etc/passwd", "/etc/passwd", "./child.mjs", "data:text/javascript,export default process", "isolated-vm"]) {
         for (const load of [(name) => import(name), (name) => Function("name", "return import(name)")(name), (name) => eval("import(name)")]) {
           try { const module = await load(name); if (module.readFileSync ?? module.default) return "found the module " + name; caught.push(module); }
           catch (error) { caught.push(error); }
         }
       }
       return hunt(caught, globalThis);`,
    ),
};
