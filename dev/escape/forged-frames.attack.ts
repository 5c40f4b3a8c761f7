/** Thousands of forged byte streams from a taken-over sandbox, against the host's end of the pipe. */
import { systemClock } from "#host/base/clock.ts";
import type { EffectIdentity } from "#host/base/effect.ts";
import { createLog } from "#host/base/log.ts";
import { createDecoder, FROM_HOST, encodeFrame } from "#host/pipe/framing.ts";
import { PIPE_VERSION, type Frame, type Transport } from "#host/pipe/protocol.ts";
import type { Launcher } from "#host/sandbox/launcher.ts";
import { DEFAULT_LIMITS } from "#host/sandbox/limits.ts";
import { Link } from "#host/sandbox/link.ts";
import { createSandboxes } from "#host/sandbox/sandboxes.ts";
import { callText, createRig, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import { createRandom, forgedStream, type Random } from "./forged-streams.ts";
import { bytesOf } from "./gatekeeper.ts";
import type { Hazard } from "./hazard.ts";

const ROUNDS = 3_000;
const SETTLED_WITHIN_MS = 5_000;
const FIRST_SEED = 20_261_123;

/** A taken-over sandbox without a process: it greets, opens what it is told to, and answers a call with its stream. */
class ForgingTransport implements Transport {
  readonly #random: Random;
  readonly #decoder = createDecoder(FROM_HOST);
  readonly #queue: Uint8Array[] = [];
  #wake = Promise.withResolvers<void>();
  #closed = false;

  constructor(random: Random) {
    this.#random = random;
    this.#say({ t: "ready", version: PIPE_VERSION, node: "v26", v8: "14" });
  }

  send(bytes: Uint8Array): void {
    for (const { header } of this.#decoder.push(bytes)) {
      if (header.t === "open") this.#say({ t: "opened", isolate: Number(header.isolate), ok: true });
      if (header.t === "call") this.#forge(Number(header.isolate), Number(header.call));
    }
  }

  async *receive(): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) yield next;
      if (this.#closed) return;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
  }

  close(): void {
    this.#closed = true;
    this.#wake.resolve();
  }

  /** In pieces that fall anywhere, and then the process is gone. */
  #forge(isolate: number, call: number): void {
    const stream = forgedStream(this.#random, isolate, call);
    const cut = Math.floor(this.#random() * stream.length);
    this.#queue.push(stream.subarray(0, cut), stream.subarray(cut));
    setImmediate(() => this.close());
    this.#wake.resolve();
  }

  #say(frame: Frame): void {
    this.#queue.push(...encodeFrame(frame));
    this.#wake.resolve();
  }
}

function forgingLauncher(random: Random): Launcher {
  return {
    wall: () => ({ id: "os-sandbox", state: "unknown", detail: "a forger has no process" }),
    async launch() {
      const transport = new ForgingTransport(random);
      const link = new Link(transport, DEFAULT_LIMITS);
      const ready = await link.ready;
      const kill = () => transport.close();
      return { link, ready, kill, residentBytes: async () => null, exited: link.ended.then(() => {}) };
    },
  };
}

interface Seen {
  readonly identities: Set<string>;
  readonly ends: Map<string, number>;
  readonly stuck: number[];
}

/** One stream against the real host's end. */
async function forge(seed: number, seen: Seen): Promise<void> {
  const sandboxes = createSandboxes({
    launcher: forgingLauncher(createRandom(seed)),
    limits: DEFAULT_LIMITS,
    clock: systemClock,
    log: createLog({ clock: systemClock, level: "error", format: "json", write: () => {} }),
    onConsole: () => {},
    perform: async (identity: EffectIdentity) => {
      seen.identities.add(`${identity.plugin} ${identity.session} ${identity.run} ${identity.call}`);
      return { ok: true, head: { size: 1 }, body: bytesOf("x") };
    },
  });
  const call = callText(sandboxes, toolPlugin("victim", ""), { session: "agent:main:victim" }).then(
    () => "answered",
    (error: { code?: string }) => error.code ?? "no code",
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("stuck"), SETTLED_WITHIN_MS);
  });
  const end = await Promise.race([call, patience]);
  clearTimeout(timer);
  seen.ends.set(end, (seen.ends.get(end) ?? 0) + 1);
  if (end === "stuck") seen.stuck.push(seed);
  await sandboxes.stop();
}

/** What a reader that trusts its peer does with the same streams: how often it throws, and whom it believes. */
function trusting(seed: number, seen: Seen): void {
  const bytes = Buffer.from(forgedStream(createRandom(seed), 1, 1));
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    const json = bytes.subarray(at + 8, at + 8 + bytes.readUInt32LE(at + 4)).toString();
    const header = JSON.parse(json) as { t: string; plugin?: unknown; request?: { kind: string } };
    if (header.t === "effect" && header.request?.kind !== undefined)
      seen.identities.add(String(header.plugin ?? "victim"));
    at = end;
  }
}

const VICTIM = "victim agent:main:victim run-1 call-1";

export const hazard: Hazard = {
  name: `forged frames from a taken-over sandbox: ${ROUNDS.toLocaleString("en")} streams of every kind, spoilt and cut`,
  wall: "pipe: every frame is checked, bounded and owned",
  canary: "the host, another plugin's identity, a neighbour's calls",
  without: "a reader that trusts its peer",
  attack: async (wall, files) => {
    const seen: Seen = { identities: new Set(), ends: new Map(), stuck: [] };
    if (wall === "down") {
      let thrown = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        try {
          trusting(FIRST_SEED + round, seen);
        } catch {
          thrown += 1;
        }
      }
      const believed = [...seen.identities].filter((plugin) => plugin !== "victim").length;
      return {
        harm:
          believed > 0 && thrown > 0 ? `it threw ${thrown} times and believed ${believed} identities` : null,
        control: "",
      };
    }
    const rig = createRig({ files: Promise.resolve(files) });
    const honest = toolPlugin("honest", "async () => `call ${globalThis.n = (globalThis.n ?? 0) + 1}`");
    await callText(rig.sandboxes, honest);
    for (let round = 0; round < ROUNDS; round += 1) await forge(FIRST_SEED + round, seen);
    const control = await callText(rig.sandboxes, honest);
    await rig.sandboxes.stop();
    const others = [...seen.identities].filter((identity) => identity !== VICTIM);
    const harms = [
      ...others.map((identity) => `an effect was done as ${identity}`),
      ...(seen.stuck.length > 0 ? [`calls hung after the seeds ${seen.stuck.join(" ")}`] : []),
      ...("polluted" in {} ? ["Object.prototype was changed"] : []),
      ...(seen.ends.has("no code") ? ["a call failed with an error that is none of the host's"] : []),
    ];
    console.log(JSON.stringify([...seen.ends]));
    // Streams of every fate, or the forger never got past the first check.
    const isDeep = (seen.ends.get("answered") ?? 0) > 20 && seen.identities.has(VICTIM);
    return { harm: harms.join("; ") || null, control: isDeep && control === "call 2" ? "works" : null };
  },
};
