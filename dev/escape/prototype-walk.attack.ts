/** Prototype and constructor walks from everything that a plugin is given. */
import type { Hazard } from "./hazard.ts";
import { huntIn } from "./hunt.ts";

export const hazard: Hazard = {
  name: "prototype and constructor walks from globals, arguments and context; code made from strings",
  wall: "isolate",
  canary: "the process around it",
  without: "`node:vm` in the isolate's place",
  attack: (wall, files) =>
    huntIn(
      wall,
      files,
      `const made = [eval, Function, (async () => {}).constructor, (function* () {}).constructor]
         .map((make) => { try { return make("return globalThis"); } catch (error) { return error; } });
       const here = Function("return this")();
       return hunt(here, (0, eval)("globalThis"), args, ctx, made, hunt);`,
    ),
};
