import assert from "node:assert/strict";
import { copyFile, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import type { AuditRecord } from "#host/base/audit.ts";
import { systemClock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import { FIRST_LINK, seal } from "#host/broker/audit-chain.ts";
import type { AuditEntry } from "#host/broker/audit-chain.ts";
import { createAudit, type Audit } from "#host/broker/audit.ts";
import { verifyAudit } from "#host/broker/verify-audit.ts";
import { createAuditRotation, type AuditRotation } from "./audit-rotation.ts";
import { type AuditTrail, createAuditTrail } from "./audit.ts";
import {
  openAt,
  silentLog,
  temporaryFolder,
  temporaryStore,
  type TemporaryStore,
} from "./temporary-store.fixture.ts";

const LIMITS = { maxRows: 20, fileRows: 8, pageRows: 3 };

interface Trail extends AsyncDisposable {
  readonly store: TemporaryStore;
  readonly folder: string;
  readonly trail: AuditTrail;
  readonly audit: Audit;
  readonly rotation: AuditRotation;
  /** Records so many effects, one batch each. */
  fill(count: number): Promise<void>;
}

function entry(target: string, more: Partial<AuditEntry> = {}): AuditEntry {
  const known = { plugin: "read", session: null, run: null, call: null, kind: "file.read" } as const;
  return { ...known, target, decision: "allowed", reason: "", outcome: "done", ...more };
}

function over(store: Pick<TemporaryStore, "db" | "path">): Omit<Trail, "store" | typeof Symbol.asyncDispose> {
  const { db } = store;
  const folder = join(dirname(store.path), "audit");
  const rotation = createAuditRotation({ db, folder, clock: systemClock, log: silentLog, limits: LIMITS });
  const trail = createAuditTrail(db, folder, rotation);
  const limits = { auditFlushMs: 5, auditRepeatMs: 50, auditDenialsApart: 100, maxWaiting: 1_000 };
  const audit = createAudit({ sink: trail, clock: systemClock, log: silentLog, ...limits });
  return {
    folder,
    trail,
    audit,
    rotation,
    async fill(count) {
      for (let at = 0; at < count; at++) await audit.recordFirst(entry(`file-${at}`));
    },
  };
}

async function temporaryTrail(): Promise<Trail> {
  const store = await temporaryStore();
  const made = over(store);
  return {
    ...made,
    store,
    async [Symbol.asyncDispose]() {
      await made.audit.close().catch(() => undefined);
      await made.rotation.stop();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** A trail of two files and twelve rows. */
async function rotatedTrail(): Promise<Trail> {
  const made = await temporaryTrail();
  await made.fill(21);
  await made.rotation.stop();
  await made.store.reopen();
  const later = over(made.store);
  await later.fill(7);
  await later.rotation.stop();
  return { ...later, store: made.store, [Symbol.asyncDispose]: () => made[Symbol.asyncDispose]() };
}

test("the verdict names the last record by its place and hash alone, to be noted elsewhere", async () => {
  await using made = await rotatedTrail();
  const [newest] = await made.trail.newest({ plugin: null, deniedOnly: false, limit: 1 });
  const head = { seq: 28, hash: newest?.hash };
  assert.deepEqual(await verifyAudit(made.trail), { intact: true, records: 28, files: 1, head });
});

async function verdictOf({ trail }: Pick<Trail, "trail">): Promise<string> {
  const verdict = await verifyAudit(trail);
  if (!verdict.intact) return `${verdict.seq}: ${verdict.where}: ${verdict.reason}`;
  return `holds: ${verdict.records} records, ${verdict.files} files`;
}

/** As somebody who may write the database file: the rules go first. */
function withoutRules(store: TemporaryStore, change: () => void): void {
  const rules = store.db.all<{ name: string; sql: string }>(
    sql`select name, sql from sqlite_master where type = 'trigger'`,
  );
  for (const { name } of rules) store.db.run(sql.raw(`drop trigger ${name}`));
  change();
  for (const rule of rules) store.db.run(sql.raw(rule.sql));
}

test("records are stored in one piece, behind the last one alone, and listed from the newest", async () => {
  await using made = await temporaryTrail();
  assert.equal(await made.trail.last(), null);
  await made.fill(2);
  await made.audit.recordFirst(entry("secret", { plugin: "nosy", decision: "denied", outcome: "not-done" }));
  const all = await made.trail.newest({ plugin: null, deniedOnly: false, limit: 10 });
  const [newest, second] = all;
  assert.ok(newest !== undefined && second !== undefined);
  assert.deepEqual(
    all.map(({ seq, target }) => [seq, target]),
    [
      [3, "secret"],
      [2, "file-1"],
      [1, "file-0"],
    ],
  );
  assert.deepEqual(await made.trail.newest({ plugin: "nosy", deniedOnly: true, limit: 10 }), [newest]);
  assert.deepEqual(await made.trail.newest({ plugin: "read", deniedOnly: true, limit: 10 }), []);
  assert.deepEqual(await made.trail.newest({ plugin: null, deniedOnly: false, limit: 1 }), [newest]);
  const next: AuditRecord = { ...newest, seq: 4, previousHash: newest.hash, hash: "4" };
  for (const wrong of [newest, { ...next, seq: 5 }, { ...next, previousHash: second.hash }])
    await assert.rejects(made.trail.append([wrong]), HostError);
  await assert.rejects(made.trail.append([next, next]), HostError);
  assert.deepEqual(await made.trail.last(), { seq: 3, hash: newest.hash });
});

test("the database itself refuses to change, delete, replace or insert records", async () => {
  await using made = await rotatedTrail();
  const { store } = made;
  for (const statement of [
    "update audit set target = 'x' where seq = 20",
    "delete from audit where seq = 20",
    "delete from audit",
    "insert or replace into audit select * from audit where seq = 20",
    "insert into audit select 99, at, plugin, session, run, call, kind, target, decision, reason, outcome, count, previous_hash, hash from audit where seq = 20",
    "update audit_head set seq = 20",
    "delete from audit_head",
    "insert into audit_head values (2, 1, 'x')",
    "update audit_files set last_hash = 'x'",
    "delete from audit_files",
    "insert into audit_files values (17, 28, 'x', 'audit-x.jsonl', 1)",
  ]) {
    assert.throws(() => store.db.run(sql.raw(statement)), /audit/, statement);
  }
  assert.equal(await verdictOf(made), "holds: 28 records, 1 files");
});

test("a full table moves its oldest records to files that nobody else reads, and goes on", async () => {
  await using made = await temporaryTrail();
  for (let round = 0; round < 4; round++) {
    const later = over(made.store);
    await later.fill(20);
    await later.rotation.stop();
  }
  const names = (await readdir(made.folder)).sort();
  const [first = "", second] = names;
  assert.deepEqual(
    [first, second],
    ["audit-000000000001-000000000008.jsonl", "audit-000000000009-000000000016.jsonl"],
  );
  assert.equal((await stat(join(made.folder, first))).mode & 0o777, 0o600);
  assert.equal((await stat(made.folder)).mode & 0o777, 0o700);
  const lines = (await readFile(join(made.folder, first), "utf8")).trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as AuditRecord).seq),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  const rows = made.store.db.all<{ count: number }>(sql`select count(*) as count from audit`);
  assert.equal(rows[0]?.count, 80 - LIMITS.fileRows * names.length);
  assert.equal(await verdictOf(made), `holds: 80 records, ${names.length} files`);
});

test("a crash between a file and its entry loses nothing and doubles nothing", async () => {
  await using made = await temporaryTrail();
  await made.fill(20);
  const { db } = made.store;
  db.run(sql`create trigger crash before insert on audit_files begin select raise(abort, 'power cut'); end`);
  await made.fill(1);
  await made.rotation.stop();
  assert.equal((await readdir(made.folder)).length, 1);
  assert.equal(await verdictOf(made), "holds: 21 records, 0 files");
  db.run(sql`drop trigger crash`);
  const later = over(made.store);
  await later.fill(1);
  await later.rotation.stop();
  assert.equal((await readdir(made.folder)).length, 1);
  assert.equal(await verdictOf(later), "holds: 22 records, 1 files");
});

test("a file that is there is never overwritten: the records stay in the database", async () => {
  await using made = await temporaryTrail();
  await made.fill(20);
  const other = over(made.store);
  await other.fill(1);
  await other.rotation.stop();
  const planted = join(made.folder, "audit-000000000009-000000000016.jsonl");
  await writeFile(planted, "planted");
  const later = over(made.store);
  await later.fill(10);
  await later.rotation.stop();
  assert.equal(await readFile(planted, "utf8"), "planted");
  assert.equal(await verdictOf(later), "holds: 31 records, 1 files");
});

test("whatever is done to a file is found and named", async () => {
  await using made = await rotatedTrail();
  const path = join(made.folder, "audit-000000000001-000000000008.jsonl");
  const whole = await readFile(path, "utf8");
  const lines = whole.split("\n");
  const [one = "", two = "", three = ""] = lines;
  const spoilt = async (text: string) => {
    await writeFile(path, text);
    return verdictOf(made);
  };
  const name = "audit-000000000001-000000000008.jsonl";
  assert.equal(
    await spoilt(whole.replace('"file-2"', '"file-x"')),
    `3: ${name}, line 3: the record was changed`,
  );
  assert.equal(
    await spoilt(lines.toSpliced(1, 1).join("\n")),
    `3: ${name}, line 2: records are missing before it`,
  );
  assert.match(
    await spoilt([one, three, two, ...lines.slice(3)].join("\n")),
    /^3: .*line 2: records are missing/,
  );
  assert.match(await spoilt([...lines.slice(0, 7), ""].join("\n")), /^8: .*does not end with record 8/);
  assert.match(await spoilt(`${whole}${two}\n`), /^2: .*line 9: records are missing before it/);
  assert.match(await spoilt(whole.replace(two, "{")), /^2: .*line 2: the line is not a record/);
  assert.match(await spoilt(whole.replace(two, two.replace('"count":1', '"count":2'))), /^2: .*was changed/);
  await truncate(path, 0);
  assert.match(await verdictOf(made), /^1: .*does not end with record 8/);
  await rm(path);
  assert.match(await verdictOf(made), /^1: .*the file is missing or cannot be read/);
  assert.equal(await spoilt(whole), "holds: 28 records, 1 files");
});

test("whatever is done to the database behind its rules is found and named", async () => {
  const changes: readonly (readonly [statement: string, found: RegExp])[] = [
    ["update audit set target = 'x' where seq = 20", /^20: the database: the record was changed/],
    ["update audit set count = 5 where seq = 20", /^20: .* was changed/],
    ["delete from audit where seq = 20", /^21: .*records are missing before it/],
    ["delete from audit where seq < 12", /^12: .*records are missing before it/],
    ["delete from audit where seq > 25", /^26: .*records up to 28 are missing at the end/],
    ["delete from audit", /^9: .*records up to 28 are missing at the end/],
    ["update audit set seq = 99 where seq = 20", /^21: /],
    ["delete from audit_files", /^9: .*records are missing before it/],
    ["update audit_files set last_hash = 'x'", /^9: .*does not end with record 8/],
    ["update audit_head set seq = 27", /^29: /],
  ];
  for (const [statement, found] of changes) {
    await using made = await rotatedTrail();
    withoutRules(made.store, () => void made.store.db.run(sql.raw(statement)));
    assert.match(await verdictOf(made), found, statement);
  }
});

test("a rule of the database that was taken away is told, although every record holds", async () => {
  await using made = await rotatedTrail();
  made.store.db.run(sql`drop trigger audit_no_update`);
  assert.match(await verdictOf(made), /^28: the database: the rule "audit_no_update".* is gone/);
});

test("the audit goes on behind records that somebody deleted, and says where they were", async () => {
  await using made = await temporaryTrail();
  await made.fill(5);
  withoutRules(made.store, () => void made.store.db.run(sql`delete from audit where seq > 3`));
  const later = over(made.store);
  await later.fill(2);
  assert.match(await verdictOf(later), /^6: the database: records are missing before it/);
});

test("an audit from before it was held to its rules is taken over as it is, and goes on", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "openclaw.db");
  const old = await openAt(path, await firstMigrationAlone(folder.path));
  const before = seal(
    Array.from({ length: 3 }, (_none, at) => ({ ...entry(`file-${at}`), at, count: 1 })),
    FIRST_LINK,
  );
  for (const { seq, at, plugin, kind, target, decision, reason, outcome, previousHash, hash } of before)
    old.db.run(
      sql`insert into audit values (${seq}, ${at}, ${plugin}, null, null, null, ${kind}, ${target}, ${decision}, ${reason}, ${outcome}, ${previousHash}, ${hash})`,
    );
  old.close();
  const store = await openAt(path);
  try {
    const made = over({ db: store.db, path });
    await made.fill(2);
    assert.equal(await verdictOf(made), "holds: 5 records, 0 files");
    assert.throws(() => store.db.run(sql`delete from audit where seq = 1`), /audit/);
  } finally {
    store.close();
  }
});

async function firstMigrationAlone(folder: string): Promise<string> {
  const migrations = fileURLToPath(new URL("../../drizzle/sqlite/migrations", import.meta.url));
  const journal = await readFile(join(migrations, "meta/_journal.json"), "utf8");
  const { entries, ...rest } = JSON.parse(journal) as { entries: unknown[] };
  const first = join(folder, "migrations");
  await mkdir(join(first, "meta"), { recursive: true });
  await writeFile(
    join(first, "meta/_journal.json"),
    JSON.stringify({ ...rest, entries: entries.slice(0, 1) }),
  );
  await copyFile(join(migrations, "0000_first.sql"), join(first, "0000_first.sql"));
  return first;
}

test("any texts at all come back from the store as they were sealed, through rotation and restarts", async () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom("\0", "\ud800", "\n", '"'), fc.string({ unit: "binary" })),
  });
  const step = fc.record({
    target: text,
    reason: text,
    run: fc.option(text),
    first: fc.boolean(),
    denied: fc.boolean(),
    restart: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      await using made = await temporaryTrail();
      let now = over(made.store);
      for (const { target, reason, run, first, denied, restart } of steps) {
        if (restart) {
          await now.audit.close();
          await now.rotation.stop();
          now = over(made.store);
        }
        const one = entry(target, {
          reason,
          run,
          ...(denied ? { decision: "denied", outcome: "not-done" } : {}),
        });
        if (first) await now.audit.recordFirst(one);
        else now.audit.record(one);
      }
      await now.audit.close();
      await now.rotation.stop();
      const verdict = await verifyAudit(now.trail);
      assert.ok(verdict.intact, JSON.stringify(verdict));
    }),
    { numRuns: 25 },
  );
});
