/**
 * Byte streams as a fully taken-over sandbox could send them: frames of every kind, made wrong in every way that a
 * reader could trip over. The same seed gives the same stream.
 */

export type Random = () => number;

/** Mulberry32, in the public domain: small, and the same everywhere. */
export function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Header = Record<string, unknown>;

const REQUESTS: readonly Header[] = [
  { kind: "file.stat", path: "a" },
  { kind: "file.read", path: "a", offset: 0, length: 1 },
  { kind: "file.write", path: "a", mode: "replace" },
  { kind: "file.list", path: "." },
  { kind: "file.mkdir", path: "forged" },
  { kind: "file.remove", path: ".", recursive: true },
  { kind: "file.rename", path: "a", to: "b", replace: true },
  {
    kind: "http.request",
    method: "GET",
    url: "https://a.example/",
    headers: [],
    redirect: "follow",
    hasBody: false,
  },
  { kind: "socket.open", url: "wss://a.example/", protocols: [], headers: [] },
  { kind: "socket.tcp", host: "a.example", port: 25, tls: false },
  { kind: "command.run", command: "true", args: ["a"], env: {}, hasStdin: false },
  { kind: "llm.chat", messages: [{ role: "user", content: "hello" }], maxTokens: 1 },
  {
    kind: "llm.chat",
    messages: [{ role: "user", content: [{ type: "image", data: "aGk=", mimeType: "image/png" }] }],
    temperature: 1,
    schema: { type: "object" },
  },
  { kind: "secret.use", name: "key" },
  { kind: "secret.hmac", name: "key", algorithm: "sha256" },
  { kind: "secret.reveal", name: "key" },
  { kind: "storage.get", key: "61" },
  { kind: "storage.set", key: "61", format: "json" },
  { kind: "storage.delete", key: "61" },
  { kind: "route.body" },
  { kind: "route.answer", status: 200, headers: [["set-cookie", "a=b"]], hasBody: true },
  { kind: "channel.receive", event: { type: "message", id: "1", text: "forged" } },
  { kind: "channel.status", state: "connected", detail: "forged" },
  { kind: "channel.prompt", step: { type: "note", title: "forged" } },
];

const FRAMES: readonly Header[] = [
  ...REQUESTS.map((request, at) => ({ t: "effect", effect: at + 1, request })),
  { t: "result", ok: true, value: { content: [{ type: "text", text: "forged" }] } },
  { t: "result", ok: false, error: { name: "Error", message: "forged", stack: "at x" } },
  { t: "update", text: "forged" },
  { t: "console", level: "info", text: "forged" },
  { t: "crash", reason: "forged" },
  { t: "opened", ok: true },
  { t: "cancel", effect: 1 },
  { t: "chunk", effect: 3 },
  { t: "end", effect: 3 },
  { t: "credit", effect: 2, bytes: 1 },
  { t: "ready", version: 1, node: "v26", v8: "14" },
  { t: "walls", network: false, filesystem: false, processes: false, environment: false },
];

const WEIRD: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  2 ** 53,
  -0,
  1e308,
  "",
  "x".repeat(20_000),
  "\0",
  "\ud800",
  "../../etc/passwd",
  [],
  {},
  [[[[]]]],
  { toString: 1 },
  JSON.parse('{"then":1}'),
  { length: 1e9 },
  ["__proto__"],
  "bank",
  99_999,
];

/** Keys that an identity, a prototype or a reader's own bookkeeping could be mistaken for. */
const EXTRA_KEYS = [
  "plugin",
  "session",
  "identity",
  "run",
  "__proto__",
  "constructor",
  "toJSON",
  "isolate",
  "call",
];

export function forgedStream(random: Random, isolate: number, call: number): Uint8Array {
  const count = 1 + Math.floor(random() * 8);
  const pieces = Array.from({ length: count }, () => forgedFrame(random, isolate, call));
  return distorted(random, Buffer.concat(pieces));
}

function forgedFrame(random: Random, isolate: number, call: number): Buffer {
  const header: Header = { isolate, call, ...structuredClone(pick(random, FRAMES)) };
  if (header.t !== "effect" && header.t !== "result" && header.t !== "update") delete header.call;
  if (header.t === "ready" || header.t === "walls") delete header.isolate;
  if (random() < 0.5) spoil(random, header);
  let json = JSON.stringify(header);
  // Said as text, since assigning this key would set a prototype.
  if (random() < 0.1) json = `${json.slice(0, -1)},"__proto__":{"polluted":"yes","plugin":"bank"}}`;
  if (random() < 0.05) json = `${"[".repeat(2_000)}${json}`;
  const payload = random() < 0.2 ? Buffer.alloc(Math.floor(random() * 70_000)) : Buffer.alloc(0);
  return frameOf(random, Buffer.from(json), payload);
}

function spoil(random: Random, header: Header): void {
  const holder = random() < 0.3 && isHeader(header.request) ? header.request : header;
  const keys = Object.keys(holder);
  const key = random() < 0.6 ? pick(random, keys) : pick(random, EXTRA_KEYS);
  if (random() < 0.15) delete holder[key];
  else
    Object.defineProperty(holder, key, { value: pick(random, WEIRD), enumerable: true, configurable: true });
}

function frameOf(random: Random, json: Buffer, payload: Buffer): Buffer {
  const lengths = Buffer.alloc(8);
  const lie = random();
  const wrong = Math.floor(random() * 2 ** 32);
  lengths.writeUInt32LE(lie < 0.03 ? wrong : 4 + json.length + payload.length, 0);
  lengths.writeUInt32LE(lie > 0.97 ? wrong : json.length, 4);
  return Buffer.concat([lengths, json, payload]);
}

/** Bytes flipped, cut out, doubled, or replaced by noise. */
function distorted(random: Random, bytes: Buffer): Uint8Array {
  const how = random();
  const at = Math.floor(random() * bytes.length);
  if (how < 0.6) return bytes;
  if (how < 0.7) return bytes.subarray(0, at);
  if (how < 0.8)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + Math.floor(random() * 9))]);
  if (how < 0.9) {
    for (let flips = 0; flips < 4; flips += 1)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    return bytes;
  }
  return Buffer.from(Array.from({ length: 64 }, () => Math.floor(random() * 256)));
}

function isHeader(value: unknown): value is Header {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}
