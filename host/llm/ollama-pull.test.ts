import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { HostError } from "#host/base/errors.ts";
import { startOllamaCounterpart, type FakePull } from "./ollama.counterpart.ts";
import { createOllama } from "./ollama.ts";
import { pullModel, type PullProgress } from "./ollama-pull.ts";

const open: { close(): Promise<void> }[] = [];
after(() => Promise.all(open.map((server) => server.close())));

async function start(...pulls: FakePull[]) {
  const server = await startOllamaCounterpart({ models: [], pulls });
  open.push(server);
  return server;
}

const never = new AbortController().signal;

async function pull(address: string, model: string, signal = never, limits = {}) {
  const lines: PullProgress[] = [];
  let error: HostError | null = null;
  try {
    for await (const line of pullModel({ address, limits }, model, signal)) lines.push(line);
  } catch (thrown) {
    error = thrown as HostError;
  }
  return { lines, error };
}

test("a download is told layer by layer, and the model is there afterwards", async () => {
  const server = await start({ name: "new:1b", layers: [400, 80] });
  const { lines, error } = await pull(server.address, "new:1b");
  assert.equal(error, null);
  assert.equal(lines[0]?.status, "pulling manifest");
  const first = lines.flatMap(({ layer }) => (layer?.total === 400 ? [layer.completed] : []));
  assert.deepEqual(first, [0, 100, 200, 300, 400]);
  assert.equal(lines.at(-1)?.status, "success");
  const models = await createOllama({ address: server.address }).listModels(never);
  assert.deepEqual(
    models.map(({ id }) => id),
    ["new:1b"],
  );
});

test("what is in the way of a download is named with what to do", async () => {
  const error = "write /usr/share/ollama/.ollama/models/blobs/sha256-065b-partial-0: no space left on device";
  const server = await start(
    { name: "big", layers: [100], fails: { error } },
    { name: "cut", layers: [100], fails: "cut" },
  );
  const told = async (model: string) => {
    const { error } = await pull(server.address, model);
    return [error?.code, error?.message, error?.fix?.split(":")[0]];
  };
  assert.deepEqual(await told("nope"), [
    "model.missing",
    'Cannot pull "nope": there is no model of that name',
    "Look for its name on https",
  ]);
  assert.deepEqual(await told("big"), [
    "model.refused",
    'Cannot pull "big": the disk that Ollama keeps its models on is full',
    "Free some of it, or remove a model with",
  ]);
  const cut = await told("cut");
  assert.equal(cut[0], "model.broken");
  assert.match(String(cut[1]), /closed the connection in the middle of its answer$/);
  assert.equal(cut[2], "Run it again");
  await server.close();
  assert.deepEqual((await told("big")).slice(0, 2), [
    "model.unreachable",
    `Cannot reach Ollama at ${server.address}`,
  ]);
});

test("a download that stops without a word is given up, and one that is stopped closes its socket", async () => {
  const server = await start(
    { name: "mute", layers: [100], fails: "silence" },
    { name: "slow", layers: [9, 9], paceMs: 50 },
  );
  const silent = await pull(server.address, "mute", never, { idleTimeoutMs: 100 });
  assert.match(silent.error?.message ?? "", /sent nothing for 0\.1 s$/);
  const controller = new AbortController();
  const asked = server.next("/api/pull");
  const stopped = pull(server.address, "slow", controller.signal);
  const request = await asked;
  controller.abort();
  const { error } = await stopped;
  assert.deepEqual([error?.code, error?.fix], ["aborted", "Run it again: what was downloaded is kept"]);
  assert.ok((await request.givenUp) > 0);
});

test("what is loaded is told with its context and where it is", async () => {
  const server = await startOllamaCounterpart({ models: [{ name: "fake:latest", size: 500 }] });
  open.push(server);
  const ollama = createOllama({ address: server.address });
  assert.deepEqual(await ollama.listLoaded?.(never), []);
  const messages = [{ role: "user", content: "[[tokens:1]]", timestamp: 0 }] as const;
  for await (const _event of ollama.stream({
    model: "fake",
    system: "",
    messages,
    tools: [],
    signal: never,
  }));
  assert.deepEqual(await ollama.listLoaded?.(never), [
    {
      id: "fake:latest",
      bytes: 500,
      gpuBytes: 0,
      contextTokens: 16_384,
      until: Date.parse("2026-01-01T00:05:00Z"),
    },
  ]);
});
