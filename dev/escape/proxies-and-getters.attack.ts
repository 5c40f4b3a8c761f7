/** Proxies, getters, thenables and `toJSON` in whatever crosses to the host: each trap hunts from what it is given. */
import type { Hazard } from "./hazard.ts";
import { huntIn } from "./hunt.ts";

export const hazard: Hazard = {
  name: "Proxy traps, getters, thenables and toJSON on whatever crosses",
  wall: "isolate: copied data through two doors",
  canary: "the process around it, through what a trap is handed",
  without: "`node:vm` in the isolate's place",
  attack: (wall, files) =>
    huntIn(
      wall,
      files,
      `const caught = [];
       const catching = (target) => new Proxy(target, new Proxy({}, { get: (_, trap) => (...given) => {
         caught.push(given, trap === "get" ? given[2] : undefined, new Error());
         return Reflect[trap](...given);
       } }));
       const bait = () => catching({ toString() { caught.push(this, arguments); return "x"; }, get length() { caught.push(arguments); return 1; },
         then: undefined, toJSON() { caught.push(arguments, this); return "x"; }, [Symbol.toPrimitive]() { caught.push(arguments); return "x"; } });
       const tries = [
         () => ctx.update(bait()), () => ctx.update(catching(function () {})), () => console.log(bait()), () => fetch(bait()),
         () => fetch("https://example.org/", { headers: bait(), body: bait(), signal: bait() }), () => ctx.files.read(bait()),
         () => ctx.files.write("a", bait()), () => setTimeout(bait(), bait()), () => new URL(bait(), bait()), () => new Response(bait(), bait()),
         () => structuredClone(bait()), () => queueMicrotask(catching(() => {})), () => new TextEncoder().encode(bait()),
         () => ctx.update(Symbol()), () => ctx.update(),
       ];
       for (const attempt of tries) { try { caught.push(await attempt()); } catch (error) { caught.push(error); } }
       return hunt(caught, globalThis);`,
    ),
};
