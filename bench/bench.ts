/**
 * The figures of the main job, as one JSON object: each beside a reference that was measured in the same run.
 *
 *     dist/bun bench/bench.ts [--turns 200] [--long 1000]
 *
 * Never a test: a slow machine makes slow figures. What tells is the ratio. `foreignCpu` says how much of
 * the machine other programs used meanwhile.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { connect, root, startGateway, type Client } from "../dev/gateway-process.ts";
import { cpuMeter, pssMiB } from "./proc.ts";
import { median, percentile, round, timed } from "./statistics.ts";

const number = (name: string, fallback: number) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const TURNS = number("turns", 200);
const LONG = number("long", 1000);
const SESSIONS = 32;
const MODEL = "counterpart:latest";

/** Ollama's stand-in, in a process of its own so that its time is not the gateway's. */
async function startModel(): Promise<{ url: string; stop: () => void }> {
  const child = spawn(process.execPath, [join(root, "host", "llm", "ollama.counterpart.ts"), "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(chunk.toString());
      if (found !== null) resolve(found[0]);
    });
  });
  return { url, stop: () => child.kill("SIGKILL") };
}

async function modelAlone(url: string): Promise<void> {
  const body = JSON.stringify({ model: MODEL, messages: [{ role: "user", content: "hello" }], stream: true });
  await (await fetch(`${url}/api/chat`, { method: "POST", body })).text();
}

async function readyMs(
  start: () => Promise<{ port: number; stop: () => Promise<unknown> }>,
  path: string,
): Promise<number> {
  const started = performance.now();
  const server = await start();
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`).catch(() => null);
    if (answer?.status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const ms = performance.now() - started;
  await server.stop();
  return ms;
}

/** The least that could be started: a Bun process that answers one route. */
function startBareServer(): Promise<{ port: number; stop: () => Promise<unknown> }> {
  const code =
    'const s = Bun.serve({port: 0, hostname: "127.0.0.1", fetch: () => new Response("ok")}); console.log(s.port)';
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve) => {
    child.stdout.once("data", (chunk: Buffer) =>
      resolve({ port: Number(chunk.toString()), stop: async () => void child.kill("SIGKILL") }),
    );
  });
}

/** The client keeps what it heard; what earlier turns said must not be searched again for each. */
function say(client: Client, text: string, sessionKey: string) {
  client.events.length = 0;
  return client.chat(text, sessionKey);
}

async function coldStart(env: Record<string, string>) {
  const warm = await startGateway({ env });
  const stateDir = warm.stateDir;
  await warm.kill();
  const ours: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run < 7; run++) {
    bare.push(await readyMs(startBareServer, "/"));
    ours.push(await readyMs(() => startGateway({ env, stateDir }), "/readyz"));
  }
  return {
    readyzMs: round(median(ours)),
    bareBunServerMs: round(median(bare)),
    ratio: round(median(ours) / median(bare)),
    budgetMs: 400,
  };
}

async function turnOverhead(client: Client, url: string) {
  const alone: number[] = [];
  const through: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    alone.push(await timed(() => modelAlone(url)));
    through.push(await timed(() => say(client, `hello ${turn}`, "agent:main:bench")));
  }
  const kept = TURNS > 20 ? 10 : 0;
  const [model, turn] = [median(alone.slice(kept)), median(through.slice(kept))];
  return {
    turnP50Ms: round(turn),
    turnP95Ms: round(percentile(through.slice(kept), 0.95)),
    modelAloneP50Ms: round(model),
    addedP50Ms: round(turn - model),
    budgetMs: 10,
  };
}

async function throughput(gateway: { port: number; token: string }, url: string) {
  const perSession = Math.max(4, Math.floor(TURNS / 8));
  const clients = await Promise.all(Array.from({ length: SESSIONS }, () => connect(gateway)));
  const meter = cpuMeter();
  const ms = await timed(() =>
    Promise.all(
      clients.map(async (client, session) => {
        for (let turn = 0; turn < perSession; turn++)
          await say(client, "hello", `agent:main:bench-${session}`);
      }),
    ),
  );
  const aloneMs = await timed(() =>
    Promise.all(
      clients.map(async () => {
        for (let turn = 0; turn < perSession; turn++) await modelAlone(url);
      }),
    ),
  );
  for (const client of clients) client.close();
  const turns = perSession * SESSIONS;
  return {
    sessions: SESSIONS,
    turnsPerSecond: round((turns / ms) * 1000),
    modelAlonePerSecond: round((turns / aloneMs) * 1000),
    ratio: round(aloneMs / ms),
    machineBusyPercent: meter(),
    budgetPerSecond: 200,
  };
}

/** A turn's history is a window of the newest messages: once it is full, a turn must cost what the one before did. */
async function longSession(client: Client) {
  const times: number[] = [];
  for (let turn = 0; turn < LONG; turn++) {
    times.push(await timed(() => say(client, "hello", "agent:main:bench-long")));
  }
  const [first, full, last] = [
    median(times.slice(5, 35)),
    median(times.slice(50, 150)),
    median(times.slice(-100)),
  ];
  return {
    turns: LONG,
    firstP50Ms: round(first),
    windowFullP50Ms: round(full),
    lastP50Ms: round(last),
    lastToWindowFull: round(last / full),
    lastToFirst: round(last / first),
  };
}

const model = await startModel();
const env = { OLLAMA_HOST: model.url };
const result: Record<string, unknown> = {
  at: new Date().toISOString(),
  runtime: `bun ${process.versions.bun}`,
};
result.coldStart = await coldStart(env);
const gateway = await startGateway({ env });
await new Promise((resolve) => setTimeout(resolve, 3_000));
result.idle = { ...pssMiB(gateway.pid), budgetMiB: 150 };
const client = await connect(gateway);
result.turn = await turnOverhead(client, model.url);
result.throughput = await throughput(gateway, model.url);
result.longSession = await longSession(client);
await say(client, '[[tool:date_add {"date":"2026-11-23","days":1}]]', "agent:main:bench-tool");
result.withOneSandbox = pssMiB(gateway.pid);
client.close();
await gateway.stop();
model.stop();
console.log(JSON.stringify(result, null, 2));
process.exit(0);
