/** Code that never gives the thread back, ReDoS among it. */
import { callText, createRig, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import type { Hazard } from "./hazard.ts";
import { NeighbourWatch } from "./latency.ts";

const SLICE_MS = 300;
const PATIENCE_MS = 1_500;

const LOOPS: Readonly<Record<string, string>> = {
  "an endless loop": "for (;;);",
  "a loop that catches everything": "for (;;) { try { for (;;) JSON.parse('{'); } catch {} }",
  "a loop in a finally": "try { return 1; } finally { for (;;); }",
  "microtasks without end": "const again = () => Promise.resolve().then(again); await again();",
  "an endless generator": "for (const _ of (function* () { for (;;) yield 1; })());",
  ReDoS: "/^(a+)+$/.test('a'.repeat(40) + 'b');",
  "a sort that never agrees": "new Array(1e7).fill(0).map(Math.random).sort(() => { for (;;); });",
  "a loop in a toJSON": "return { content: [], details: { toJSON() { for (;;); } } };",
  "a loop in a Proxy": "JSON.stringify(new Proxy({}, { ownKeys() { for (;;); } }));",
};

export const hazard: Hazard = {
  name: "endless loops, microtasks without end, ReDoS",
  wall: "a slice of uninterrupted time for each isolate",
  canary: "a thread that never comes back, and a neighbour whose calls must stay under 50 ms (p99)",
  without: "a slice of a minute",
  alone: true,
  attack: async (wall, files) => {
    const { sandboxes } = createRig({
      files: Promise.resolve(files),
      limits: { crashesBeforeQuarantine: 1_000 },
    });
    try {
      const watched = new NeighbourWatch(sandboxes);
      await watched.begin();
      const harms: (string | null)[] = [];
      for (const [name, body] of Object.entries(LOOPS)) {
        const looper = toolPlugin("looper", `async ({ honest }) => { if (honest) return "works"; ${body} }`, {
          trustGroup: wall === "down" ? name : "loopers",
          cpuSliceMs: wall === "stands" ? SLICE_MS : 60_000,
          deadlineMs: 60_000,
        });
        const call = callText(sandboxes, looper).then(
          (text) => `${name}: came to an end: ${text}`,
          () => null,
        );
        const patience = new Promise<string>((resolve) => {
          setTimeout(() => resolve(`${name}: ran for ${PATIENCE_MS} ms`), PATIENCE_MS);
        });
        const ending = Promise.race([call, patience]);
        await watched.during(ending);
        harms.push(await ending);
        if (wall === "down") break;
      }
      const slow = wall === "stands" ? watched.slow() : null;
      const honest = toolPlugin("honest", "async () => 'works'", { trustGroup: "loopers" });
      return {
        harm: harms.filter((each) => each !== null).join("; ") || null,
        slow,
        control: await callText(sandboxes, honest),
      };
    } finally {
      await sandboxes.stop();
    }
  },
};
