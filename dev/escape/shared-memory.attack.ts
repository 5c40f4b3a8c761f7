/** Memory that two threads see, and a thread put to sleep: clocks for side channels, and a stopped event loop. */
import type { Hazard } from "./hazard.ts";
import { huntIn } from "./hunt.ts";

export const hazard: Hazard = {
  name: "SharedArrayBuffer and Atomics.wait",
  wall: "isolate: neither is there",
  canary: "a thread that sleeps for as long as the plugin likes",
  without: "`node:vm` in the isolate's place",
  attack: (wall, files) =>
    huntIn(
      wall,
      files,
      `const ways = [
         () => SharedArrayBuffer, () => Function("return SharedArrayBuffer")(),
         () => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer.constructor,
         () => structuredClone(new ArrayBuffer(8, { maxByteLength: 16 })).constructor,
       ];
       for (const way of ways) {
         try {
           const start = performance?.now?.() ?? Date.now();
           Atomics.wait(new Int32Array(new (way())(8)), 0, 0, 50);
           return "slept in Atomics.wait";
         } catch {}
         try { Atomics.wait(new Int32Array(new (way())(8)), 0, 0, 50); return "slept in Atomics.wait"; } catch {}
       }
       return hunt(globalThis);`,
    ),
};
