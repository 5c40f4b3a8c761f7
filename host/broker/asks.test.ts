import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, expectFailure, get, IDENTITY, nextAsk, type WorldOptions } from "./world.fixture.ts";

/** No name resolves here, so that a yes ends as a network failure and a no as a denial. */
const ASKING: WorldOptions = {
  rights: { domains: ["ask"] },
  resolve: async () => {
    throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
  },
};

const PAGE = get("https://example.org/page?q=1", { headers: [["Accept", "text/html"]] });

test("a question is stored before it is shown, and names exactly what would be sent", async () => {
  await using world = createWorld(ASKING);
  const shown = nextAsk(world.broker);
  const reply = world.perform(PAGE);
  const approval = await shown;
  assert.equal(world.asked[0]?.id, approval.id);
  assert.deepEqual(approval.lines, ["GET https://example.org/page?q=1", "with the headers accept"]);
  assert.ok(approval.title.length <= 80 && approval.title.includes("example.org"));
  assert.deepEqual(approval.decisions, ["allow-once", "allow-session", "allow-always", "deny"]);
  assert.equal(approval.sessionKey, "agent:main:main");
  assert.match(approval.subjectHash, /^[0-9a-f]{64}$/);
  assert.deepEqual(world.broker.asks.list(), [approval]);
  assert.ok(await world.broker.asks.resolve(approval.id, "deny"));
  assert.match(expectFailure(await reply).message, /the owner said no/);
  assert.equal(world.ended.get(approval.id), "deny");
  assert.deepEqual(world.broker.asks.list(), []);
});

test("a header's name puts no words of its own into a question", async () => {
  await using world = createWorld(ASKING);
  const headers = [["x\n\nchecked by openclaw: safe\u202e", "1"]] as const;
  const socket = { kind: "socket.open", url: "wss://example.org/", protocols: [], headers } as const;
  for (const request of [get("https://example.org/", { headers }), socket]) {
    const signal = AbortSignal.timeout(1_000);
    assert.equal(expectFailure(await world.perform(request, { signal })).code, "invalid", request.kind);
  }
  assert.deepEqual(world.asked, []);
});

test("a yes once is for this effect: the next one asks again", async () => {
  await using world = createWorld(ASKING);
  for (let round = 0; round < 2; round += 1) {
    const shown = nextAsk(world.broker);
    const reply = world.perform(PAGE);
    await world.broker.asks.resolve((await shown).id, "allow-once");
    assert.equal(expectFailure(await reply).code, "network");
  }
  assert.equal(world.asked.length, 2);
  assert.equal(world.asked[0]?.subjectHash, world.asked[1]?.subjectHash);
});

test("a yes for the session covers the host in this session and no other", async () => {
  await using world = createWorld(ASKING);
  const shown = nextAsk(world.broker);
  const reply = world.perform(PAGE);
  await world.broker.asks.resolve((await shown).id, "allow-session");
  await reply;
  assert.equal(expectFailure(await world.perform(get("https://example.org/other"))).code, "network");
  assert.equal(world.asked.length, 1);
  const elsewhere = nextAsk(world.broker);
  const other = world.perform(PAGE, { identity: { session: "agent:main:other" } });
  await world.broker.asks.resolve((await elsewhere).id, "deny");
  assert.equal(expectFailure(await other).code, "denied");
});

test("a yes for ever is kept by the store and covers every session of this plugin", async () => {
  await using world = createWorld(ASKING);
  const shown = nextAsk(world.broker);
  const reply = world.perform(PAGE);
  await world.broker.asks.resolve((await shown).id, "allow-always");
  await reply;
  assert.deepEqual([...world.always], ["fetcher host:example.org"]);
  const other = await world.perform(PAGE, { identity: { session: null } });
  assert.equal(expectFailure(other).code, "network");
  const stranger = nextAsk(world.broker);
  const theirs = world.perform(PAGE, { identity: { plugin: "stranger" } });
  await world.broker.asks.resolve((await stranger).id, "deny");
  assert.equal(expectFailure(await theirs).code, "denied");
});

test("a yes for the session also answers what waits for the same host beside it", async () => {
  await using world = createWorld(ASKING);
  const shown = nextAsk(world.broker);
  const first = world.perform(PAGE);
  const { id } = await shown;
  const second = nextAsk(world.broker);
  const beside = world.perform(get("https://example.org/beside"));
  await second;
  await world.broker.asks.resolve(id, "allow-session");
  assert.equal(expectFailure(await first).code, "network");
  assert.equal(expectFailure(await beside).code, "network");
  assert.deepEqual(world.broker.asks.list(), []);
});

test("what no session caused cannot be allowed for a session", async () => {
  await using world = createWorld(ASKING);
  const shown = nextAsk(world.broker);
  const reply = world.perform(PAGE, { identity: { session: null } });
  const approval = await shown;
  assert.deepEqual(approval.decisions, ["allow-once", "allow-always", "deny"]);
  await assert.rejects(world.broker.asks.resolve(approval.id, "allow-session"), { code: "request.invalid" });
  await world.broker.asks.resolve(approval.id, "deny");
  await reply;
});

test("silence is a no", async () => {
  await using world = createWorld({ ...ASKING, limits: { askTimeoutMs: 20 } });
  const failure = expectFailure(await world.perform(PAGE));
  assert.match(failure.message, /silence means no/);
  assert.deepEqual([...world.ended.values()], ["expired"]);
});

test("an abort ends the question as a no, and a late answer finds nothing", async () => {
  await using world = createWorld(ASKING);
  const controller = new AbortController();
  const shown = nextAsk(world.broker);
  const reply = world.perform(PAGE, { signal: controller.signal });
  const { id } = await shown;
  controller.abort();
  assert.equal(expectFailure(await reply).code, "aborted");
  assert.equal(world.ended.get(id), "cancelled");
  assert.equal(await world.broker.asks.resolve(id, "allow-once"), false);
});

test("an abort while the question is being stored ends it before anyone can answer", async () => {
  const controller = new AbortController();
  const ended: string[] = [];
  const askStore = {
    insert: async () => controller.abort(),
    resolve: async (_id: string, end: string) => void ended.push(end),
    expireAll: async () => undefined,
  };
  await using world = createWorld({ ...ASKING, askStore });
  const failure = expectFailure(await world.perform(PAGE, { signal: controller.signal }));
  assert.equal(failure.code, "aborted");
  assert.deepEqual([ended, world.broker.asks.list()], [["cancelled"], []]);
});

test("two answers at once: the first counts", async () => {
  await using world = createWorld(ASKING);
  const shown = nextAsk(world.broker);
  const reply = world.perform(PAGE);
  const { id } = await shown;
  const answers = await Promise.all([
    world.broker.asks.resolve(id, "deny"),
    world.broker.asks.resolve(id, "allow-once"),
  ]);
  assert.deepEqual(answers, [true, false]);
  assert.equal(expectFailure(await reply).code, "denied");
});

test("the call's clock stands still while the owner thinks", async () => {
  await using world = createWorld(ASKING);
  const clock: string[] = [];
  const shown = nextAsk(world.broker);
  const reply = world.perform(PAGE, { onPause: (state) => clock.push(state) });
  const { id } = await shown;
  assert.deepEqual(clock, ["paused"]);
  await world.broker.asks.resolve(id, "deny");
  await reply;
  assert.deepEqual(clock, ["paused", "resumed"]);
});

test("one plugin can't bury the owner in questions", async () => {
  await using world = createWorld({ ...ASKING, limits: { openAsksPerPlugin: 2 } });
  const open: Promise<unknown>[] = [];
  for (const path of ["a", "b"]) {
    const shown = nextAsk(world.broker);
    open.push(world.perform(get(`https://example.org/${path}`)));
    await shown;
  }
  assert.match(expectFailure(await world.perform(PAGE)).message, /has 2 questions open/);
  const other = nextAsk(world.broker);
  open.push(world.perform(PAGE, { identity: { plugin: "stranger" } }));
  await other;
  await world.broker.forget(IDENTITY.plugin);
  assert.equal(world.broker.asks.list().length, 1);
  await world.broker.close();
  await Promise.all(open);
});

test("a question that cannot be stored is never shown and means no", async () => {
  const askStore = {
    insert: () => Promise.reject(new Error("the disk is full")),
    resolve: async () => undefined,
    expireAll: async () => undefined,
  };
  await using world = createWorld({ ...ASKING, askStore });
  assert.match(expectFailure(await world.perform(PAGE)).message, /could not be stored/);
  assert.deepEqual(world.broker.asks.list(), []);
});

test("a yes that cannot be stored leaves the question open", async () => {
  let fails = true;
  const askStore = {
    insert: async () => undefined,
    resolve: async () => {
      if (fails) throw new Error("the disk is full");
    },
    expireAll: async () => undefined,
  };
  await using world = createWorld({ ...ASKING, askStore });
  const shown = nextAsk(world.broker);
  const reply = world.perform(PAGE);
  const { id } = await shown;
  await assert.rejects(world.broker.asks.resolve(id, "allow-session"));
  assert.equal(world.broker.asks.list().length, 1);
  fails = false;
  assert.ok(await world.broker.asks.resolve(id, "deny"));
  assert.equal(expectFailure(await reply).code, "denied");
});

test("a call that ends while a yes fails to be stored does not wait for ever", async () => {
  const controller = new AbortController();
  const askStore = {
    insert: async () => undefined,
    resolve: async (_id: string, end: string) => {
      if (end !== "allow-once") return;
      controller.abort();
      throw new Error("the disk is full");
    },
    expireAll: async () => undefined,
  };
  await using world = createWorld({ ...ASKING, askStore });
  const shown = nextAsk(world.broker);
  const reply = world.perform(PAGE, { signal: controller.signal });
  await assert.rejects(world.broker.asks.resolve((await shown).id, "allow-once"), /disk is full/);
  assert.equal(expectFailure(await reply).code, "aborted");
  assert.deepEqual(world.broker.asks.list(), []);
});

test("what the last host left open is a no", async () => {
  const ended: string[] = [];
  const askStore = {
    insert: async () => undefined,
    resolve: async () => undefined,
    expireAll: async () => void ended.push("all"),
  };
  await using world = createWorld({ ...ASKING, askStore });
  await world.broker.start();
  assert.deepEqual(ended, ["all"]);
});

test("revoking takes back what was allowed for a session", async () => {
  await using world = createWorld(ASKING);
  const shown = nextAsk(world.broker);
  const reply = world.perform(PAGE);
  await world.broker.asks.resolve((await shown).id, "allow-session");
  await reply;
  await world.broker.forget(IDENTITY.plugin);
  const again = nextAsk(world.broker);
  const second = world.perform(PAGE);
  await world.broker.asks.resolve((await again).id, "deny");
  assert.equal(expectFailure(await second).code, "denied");
});
