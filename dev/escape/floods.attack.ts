/** More of everything than anybody can use: lines, progress, effects, timers; from an isolate and from a process. */
import { callText, createRig, scriptedFiles, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import { bare } from "#host/sandbox/confinements.ts";
import type { Hazard } from "./hazard.ts";
import { NeighbourWatch } from "./latency.ts";

const FLOOD_MS = 700;
/** Lines that the host may have to take of one process in that time. */
const MOST_LINES = 6_000;

const UNTIL = `const until = Date.now() + ${FLOOD_MS};`;
const FLOODS: readonly string[] = [
  "for (; Date.now() < until;) console.log('x'.repeat(1000));",
  "for (; Date.now() < until;) ctx.update('x'.repeat(1000));",
  "for (; Date.now() < until; await null) void ctx.files.stat('a').catch(() => {});",
  "for (; Date.now() < until; await null) { const stop = new AbortController(); void fetch('https://example.org/', { signal: stop.signal }).catch(() => {}); stop.abort(); }",
  "for (; Date.now() < until;) { try { setTimeout(() => {}, 0); setInterval(() => console.log('x'), 0); } catch { await null; } }",
  "return 'x'.repeat(1000000);",
];

/** A process that nothing inside holds back any more. */
const FLOODING_PROCESS = `
  on("open", ({ isolate }) => send({ t: "opened", isolate, ok: true }));
  on("call", ({ isolate, call }) => {
    const until = Date.now() + ${FLOOD_MS};
    const more = () => {
      if (Date.now() > until) return send({ t: "result", isolate, call, ok: true, value: { content: [] } });
      for (let line = 0; line < 500; line += 1) send({ t: "console", isolate, level: "info", text: "flood" });
      setImmediate(more);
    };
    more();
  });
  ready();
`;

export const hazard: Hazard = {
  name: "floods of console lines, progress, effects and timers, from an isolate and from a taken-over process",
  wall: "rates for each isolate, and for each process once more",
  canary: "the host's log, and a neighbour whose calls must stay under 50 ms (p99)",
  without: "no rate for a process",
  alone: true,
  attack: async (wall, files) => {
    const honest = createRig({
      files: Promise.resolve(files),
      limits: { crashesBeforeQuarantine: 1_000 },
      perform: async () => ({ ok: false, failure: { code: "denied", message: "No", fix: "" } }),
    });
    const taken = createRig({
      files: scriptedFiles(FLOODING_PROCESS),
      confinements: [bare],
      limits: wall === "stands" ? {} : { maxNoticesPerSecond: Number.POSITIVE_INFINITY },
    });
    try {
      const watched = new NeighbourWatch(honest.sandboxes);
      await watched.begin();
      for (const body of wall === "stands" ? FLOODS : []) {
        const flooder = toolPlugin("flooder", `async (_, ctx) => { ${UNTIL} ${body} return "done"; }`);
        await watched.during(callText(honest.sandboxes, flooder).catch(() => null));
      }
      const flood = callText(taken.sandboxes, toolPlugin("flooder", "")).catch(() => null);
      await watched.during(flood);
      const lines = taken.console.length;
      const harm = lines > MOST_LINES ? `the host took ${lines} lines` : null;
      const slow = wall === "stands" ? watched.slow() : null;
      const control = await callText(honest.sandboxes, toolPlugin("flooder", "async () => 'works'"));
      return { harm, slow, control };
    } finally {
      await Promise.all([honest.sandboxes.stop(), taken.sandboxes.stop()]);
    }
  },
};
