/** Promises, async functions, generators, iterators and finalizers: the machinery that runs between two turns. */
import type { Hazard } from "./hazard.ts";
import { huntIn } from "./hunt.ts";

export const hazard: Hazard = {
  name: "async functions, generators, iterators, thenables and promise species",
  wall: "isolate",
  canary: "the process around it",
  without: "`node:vm` in the isolate's place",
  attack: (wall, files) =>
    huntIn(
      wall,
      files,
      `const caught = [];
       const spy = (object, name) => { const real = object[name]; object[name] = function (...given) { caught.push(this, given); return Reflect.apply(real, this, given); }; };
       spy(Promise.prototype, "then"); spy(Promise, "resolve"); spy(Promise.prototype, "finally");
       class Species extends Promise { constructor(run) { super((yes, no) => { caught.push(yes, no); run(yes, no); }); } static get [Symbol.species]() { return Species; } }
       async function* generate() { try { yield await new Species((yes) => yes(1)); } finally { caught.push("left"); } }
       for await (const value of generate()) caught.push(value);
       const thenable = { then(yes, no) { caught.push(yes, no, arguments); yes(this === thenable ? 1 : this); } };
       caught.push(await thenable, (function* () {})(), generate(), Object.getPrototypeOf(async function () {}));
       for (const pending of [() => fetch("https://example.org/"), () => ctx.files.read("a"), () => ctx.files.readText("a")]) {
         const promise = pending();
         caught.push(promise, promise.constructor);
         try { caught.push(await promise); } catch (error) { caught.push(error, error.cause); }
       }
       await new Promise((resolve) => setTimeout(function () { caught.push(this, arguments); resolve(); }, 1));
       return hunt(caught, globalThis);`,
    ),
};
