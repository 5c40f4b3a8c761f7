import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditRecord } from "#host/base/audit.ts";
import { systemClock, type Clock } from "#host/base/clock.ts";
import { createLog } from "#host/base/log.ts";
import { seal, verifyChain, FIRST_LINK, type AuditEntry } from "./audit-chain.ts";
import { createAudit, type Audit, type AuditSink } from "./audit.ts";
import { hashOf } from "./canonical.ts";

const ENTRY: AuditEntry = {
  plugin: "fetcher",
  session: null,
  run: null,
  call: null,
  kind: "http.request",
  target: "example.org/",
  decision: "allowed",
  reason: "",
  outcome: "done",
};

interface MemorySink extends AuditSink {
  readonly records: AuditRecord[];
  readonly batches: number[];
  /** Fails before storing, or only after it. */
  fails: "no" | "before" | "after";
}

function memorySink(records: AuditRecord[] = []): MemorySink {
  const sink: MemorySink = {
    records,
    batches: [],
    fails: "no",
    last: async () => records.at(-1) ?? null,
    async append(more) {
      if (sink.fails === "before") throw new Error("the disk is full");
      records.push(...more);
      sink.batches.push(more.length);
      if (sink.fails === "after") throw new Error("the connection was lost");
    },
  };
  return sink;
}

function auditOn(sink: AuditSink, maxWaiting = 1_000, auditRepeatMs = 20, clock: Clock = systemClock) {
  const log = createLog({ clock: systemClock, level: "error", format: "json", write: () => undefined });
  const limits = { auditFlushMs: 5, auditRepeatMs, auditDenialsApart: 3, maxWaiting };
  return createAudit({ sink, clock, log, ...limits });
}

test("records are chained in order, across batches and a restart", async () => {
  const sink = memorySink();
  const first = auditOn(sink);
  for (let index = 0; index < 1_200; index += 1) first.record(ENTRY);
  await first.close();
  const second = auditOn(sink);
  await second.recordFirst(ENTRY);
  await second.close();
  assert.deepEqual(sink.batches, [500, 500, 200, 1]);
  assert.deepEqual(verifyChain(sink.records), { ok: true });
  assert.equal(sink.records.at(-1)?.seq, 1_201);
});

test("records of low risk reach the sink by themselves, in one batch", async () => {
  const sink = memorySink();
  const { promise, resolve } = Promise.withResolvers<void>();
  const audit = auditOn({ last: sink.last, append: (records) => sink.append(records).then(resolve) });
  audit.record(ENTRY);
  audit.record(ENTRY);
  assert.equal(sink.records.length, 0);
  await promise;
  assert.deepEqual(sink.batches, [2]);
  await audit.close();
});

test("a record of high risk is stored when its promise resolves, with all that came before", async () => {
  const sink = memorySink();
  const audit = auditOn(sink);
  audit.record(ENTRY);
  await Promise.all([audit.recordFirst(ENTRY), audit.recordFirst(ENTRY)]);
  assert.equal(sink.records.length, 3);
  await audit.close();
});

test("while the sink fails, records of high risk are refused and nothing is lost or doubled", async () => {
  for (const fails of ["before", "after"] as const) {
    const sink = memorySink();
    const audit = auditOn(sink);
    await audit.recordFirst(ENTRY);
    sink.fails = fails;
    await assert.rejects(audit.recordFirst({ ...ENTRY, target: "lost?" }));
    sink.fails = "no";
    await audit.recordFirst({ ...ENTRY, target: "later" });
    await audit.close();
    assert.deepEqual(
      sink.records.map((record) => record.target),
      ["example.org/", "lost?", "later"],
      fails,
    );
    assert.deepEqual(verifyChain(sink.records), { ok: true }, fails);
  }
});

test("a queue that cannot be stored fills up and says so", async () => {
  const sink = memorySink();
  sink.fails = "before";
  const audit = auditOn(sink, 3);
  for (let index = 0; index < 3; index += 1) audit.record(ENTRY);
  assert.ok(audit.isFull());
  await assert.rejects(audit.close());
  assert.ok(!auditOn(memorySink(), 3).isFull());
});

test("a changed, missing, swapped or inserted record is found at its place", () => {
  const chain = seal(
    Array.from({ length: 5 }, (_none, index) => ({ ...ENTRY, at: index, count: 1, target: `t${index}` })),
    FIRST_LINK,
  );
  const at = (index: number) => {
    const record = chain[index];
    assert.ok(record !== undefined);
    return record;
  };
  const check = (records: readonly AuditRecord[]) => {
    const result = verifyChain(records);
    return result.ok ? null : result.seq;
  };
  assert.equal(check(chain), null);
  assert.equal(check(chain.slice(2)), null);
  assert.equal(check(chain.with(2, { ...at(2), target: "x" })), 3);
  assert.equal(check(chain.toSpliced(2, 1)), 4);
  assert.equal(check([at(0), at(2), at(1), at(3), at(4)]), 3);
  assert.equal(check(chain.toSpliced(1, 0, at(0))), 1);
  const resealed = seal([{ ...ENTRY, at: 2, count: 1, target: "forged" }], at(1));
  assert.equal(check([at(0), at(1), ...resealed, at(3), at(4)]), 4);
  assert.equal(verifyChain(chain.slice(1), { seq: 1, hash: "other" }).ok, false);
});

test("a record of one effect hashes as records did before they could stand for several", () => {
  const [record] = seal([{ ...ENTRY, at: 1, count: 1 }], FIRST_LINK);
  assert.ok(record !== undefined);
  const { count, hash, ...before } = record;
  assert.equal(count, 1);
  assert.equal(hash, hashOf(before));
});

const DENIED: AuditEntry = { ...ENTRY, decision: "denied", reason: "not granted", outcome: "not-done" };

/** What was recorded, as `target` with its count. */
async function recordedBy(work: (audit: Audit, sink: MemorySink) => Promise<void> | void): Promise<string[]> {
  const sink = memorySink();
  const audit = auditOn(sink, 10_000, 60_000);
  await work(audit, sink);
  await audit.close();
  assert.deepEqual(verifyChain(sink.records), { ok: true });
  return sink.records.map(({ target, count }) => `${target}*${count}`);
}

test("equal denials in a loop are one record at once and one with their number, none is lost", async () => {
  const recorded = await recordedBy(async (audit, sink) => {
    audit.record(DENIED);
    await audit.flush();
    assert.equal(sink.records.length, 1);
    for (let index = 0; index < 5_000; index += 1) audit.record(DENIED);
    await audit.flush();
    assert.equal(sink.records.length, 1);
  });
  assert.deepEqual(recorded, ["example.org/*1", "example.org/*5000"]);
});

test("denials of another plugin, call or target are told apart", async () => {
  const recorded = await recordedBy((audit) => {
    for (const more of [{}, { target: "b" }, { plugin: "other" }, { call: "2" }]) {
      audit.record({ ...DENIED, ...more });
      audit.record({ ...DENIED, ...more });
    }
  });
  assert.equal(recorded.length, 8);
});

test("a plugin that is denied in ever new ways gets some records and one for the rest", async () => {
  const recorded = await recordedBy((audit) => {
    for (let index = 0; index < 1_000; index += 1) audit.record({ ...DENIED, target: `t${index}` });
    audit.record({ ...DENIED, target: "t0" });
    audit.record({ ...DENIED, plugin: "other" });
  });
  assert.deepEqual(recorded, ["t0*1", "t1*1", "t2*1", "example.org/*1", "t0*1", "*997"]);
});

test("what was done is never counted together, however equal", async () => {
  const recorded = await recordedBy((audit) => {
    for (let index = 0; index < 3; index += 1) audit.record(ENTRY);
  });
  assert.deepEqual(
    recorded,
    Array.from({ length: 3 }, () => "example.org/*1"),
  );
});

test("what was counted is recorded when its window is over, without another effect", async () => {
  const sink = memorySink();
  const { promise, resolve } = Promise.withResolvers<void>();
  const append: AuditSink["append"] = async (records) => {
    await sink.append(records);
    if (records.some(({ count }) => count === 2)) resolve();
  };
  const audit = auditOn({ last: sink.last, append });
  for (let index = 0; index < 3; index += 1) audit.record(DENIED);
  await promise;
  audit.record(DENIED);
  await audit.close();
  assert.deepEqual(
    sink.records.map(({ count }) => count),
    [1, 2, 1],
  );
});

test("denials that were counted are on record soon, also when the clock is set back", async () => {
  const sink = memorySink();
  let wall = 1_000_000_000;
  const audit = auditOn(sink, 1_000, 20, { ...systemClock, now: () => wall });
  const denied: AuditEntry = { ...ENTRY, decision: "denied", outcome: "not-done", reason: "not declared" };
  for (let index = 0; index < 5; index += 1) audit.record(denied);
  wall -= 3_600_000;
  const until = performance.now() + 5_000;
  while (sink.records.length < 2 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.deepEqual(
    sink.records.map(({ count }) => count),
    [1, 4],
  );
  await audit.close();
});
