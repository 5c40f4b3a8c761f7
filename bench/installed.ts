/** What two hundred plugins cost that nobody uses, beside the same gateway without them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writePlugin } from "../dev/e2e/plugins.fixture.ts";
import { connect, startGateway, untilTool } from "../dev/gateway-process.ts";
import { wait } from "./effect-world.ts";
import { pssMiB } from "./proc.ts";
import { median, round } from "./statistics.ts";

const PLUGINS = 200;

async function startMs(stateDir: string) {
  const started = performance.now();
  const gateway = await startGateway({ stateDir });
  while ((await fetch(`http://127.0.0.1:${gateway.port}/readyz`)).status !== 200) await wait(2);
  return { gateway, ms: performance.now() - started };
}

export async function installed() {
  const folders = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), "openclaw-bench-"))));
  const [none = "", many = ""] = folders;
  const ids = Array.from({ length: PLUGINS }, (_, at) => `plugin_${at}`);
  await Promise.all(ids.map((id) => writePlugin(join(many, "plugins", id), id, 'return "here";')));
  const first = await startMs(many);
  await first.gateway.stop();
  const times = { none: [] as number[], many: [] as number[] };
  const processes = { none: [""], many: [""] };
  for (let run = 0; run < 7; run++) {
    for (const [name, folder] of [
      ["none", none],
      ["many", many],
    ] as const) {
      const { gateway, ms } = await startMs(folder);
      times[name].push(ms);
      if (run === 0) {
        const client = await connect(gateway);
        if (name === "many") for (const id of ids) await untilTool(client, id);
        client.close();
        processes[name] = pssMiB(gateway.pid).processes.map((each) => each.name);
      }
      await gateway.stop();
    }
  }
  await Promise.all([none, many].map((folder) => rm(folder, { recursive: true, force: true })));
  return {
    plugins: PLUGINS,
    readyzMs: round(median(times.many)),
    readyzWithoutMs: round(median(times.none)),
    costMs: round(median(times.many) - median(times.none)),
    firstStartMs: round(first.ms),
    budgetMs: 100,
    processes: processes.many,
    processesWithout: processes.none,
  };
}
