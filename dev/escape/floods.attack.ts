/** More of everything than anybody can use: lines, progress, effects, timers; from an isolate and from a process. */
import { callText, createRig, scriptedFiles, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import { bare } from "#host/sandbox/confinements.ts";
import type { Hazard } from "./hazard.ts";
import { boundHere, latencyDuring, slowed } from "./latency.ts";

const FLOOD_MS = 700;
/** Lines that the host may have to take of one process in that time. */
const MOST_LINES = 6_000;

const UNTIL = `const until = Date.now() + ${FLOOD_MS};`;
const FLOODS: Readonly<Record<string, string>> = {
  "console lines": "for (; Date.now() < until;) console.log('x'.repeat(1000));",
  "progress texts": "for (; Date.now() < until;) ctx.update('x'.repeat(1000));",
  effects: "for (; Date.now() < until; await null) void ctx.files.stat('a').catch(() => {});",
  "effects that are given up":
    "for (; Date.now() < until; await null) { const stop = new AbortController(); void fetch('https://example.org/', { signal: stop.signal }).catch(() => {}); stop.abort(); }",
  timers:
    "for (; Date.now() < until;) { try { setTimeout(() => {}, 0); setInterval(() => console.log('x'), 0); } catch { await null; } }",
  "results of a megabyte": "return 'x'.repeat(1000000);",
};

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
      const boundMs = await boundHere(honest.sandboxes);
      const harms: (string | null)[] = [];
      for (const [name, body] of Object.entries(wall === "stands" ? FLOODS : {})) {
        const flooder = toolPlugin("flooder", `async (_, ctx) => { ${UNTIL} ${body} return "done"; }`);
        const attack = callText(honest.sandboxes, flooder).catch(() => null);
        harms.push(slowed(name, await latencyDuring(honest.sandboxes, attack), boundMs));
      }
      const flood = callText(taken.sandboxes, toolPlugin("flooder", "")).catch(() => null);
      const latency = await latencyDuring(honest.sandboxes, flood);
      if (wall === "stands") harms.push(slowed("a process that floods", latency, boundMs));
      const lines = taken.console.length;
      if (lines > MOST_LINES) harms.push(`the host took ${lines} lines`);
      const control = await callText(honest.sandboxes, toolPlugin("flooder", "async () => 'works'"));
      return { harm: harms.filter((each) => each !== null).join("; ") || null, control };
    } finally {
      await Promise.all([honest.sandboxes.stop(), taken.sandboxes.stop()]);
    }
  },
};
