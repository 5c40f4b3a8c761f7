import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, open, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import { openAt, temporaryFolder, temporaryStore } from "./temporary-store.fixture.ts";
import { createTranscript } from "./transcript.ts";

const MIGRATIONS = fileURLToPath(new URL("../../drizzle/sqlite/migrations", import.meta.url));
const hello = { role: "user", content: "hello", timestamp: 1 } as const;

/** The error of an open that must fail. */
async function refusal(opening: Promise<unknown>): Promise<HostError> {
  const error = await opening.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof HostError, `expected a HostError, got ${String(error)}`);
  return error;
}

test("a closed store is one file, readable for its owner alone", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "openclaw.db");
  (await openAt(path)).close();
  assert.deepEqual(await readdir(folder.path), ["openclaw.db", "openclaw.db.lock"]);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test("what was stored is there after a restart", async () => {
  await using store = await temporaryStore();
  const { sessionId } = await createTranscript(store.db, systemClock).open("agent:main:main", "main");
  await createTranscript(store.db, systemClock).append(sessionId, hello, { runId: "run" });
  await store.reopen();
  const page = await createTranscript(store.db, systemClock).page("agent:main:main", 10, null);
  assert.deepEqual(
    page.messages.map(({ message }) => message),
    [hello],
  );
});

test("a second gateway in the same folder is refused with the first one's process id", async () => {
  await using store = await temporaryStore();
  const error = await refusal(openAt(store.path));
  assert.equal(error.code, "store.busy");
  assert.match(error.message, new RegExp(`openclaw\\.db\\.lock.*process ${process.pid}`));
  // The refusal took nothing from the one who holds the lock.
  assert.equal((await refusal(openAt(store.path))).code, "store.busy");
});

test("a database that another program holds is refused at once, and can be used when it lets go", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "openclaw.db");
  (await openAt(path)).close();
  const other = new DatabaseSync(path);
  other.exec("begin exclusive");
  const error = await refusal(openAt(path));
  assert.equal(error.code, "store.busy");
  assert.ok(error.message.includes(`"${path}"`));
  other.close();
  (await openAt(path)).close();
});

test("what was acknowledged survives kill -9, and the dead process's lock with it ends", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "openclaw.db");
  const program = fileURLToPath(new URL("append-until-killed.fixture.ts", import.meta.url));
  const runtime = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
  const child = spawn(process.execPath, [...runtime, program, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  let acknowledged = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line);
    if (acknowledged === 100) {
      assert.match((await refusal(openAt(path))).message, new RegExp(`process ${child.pid}`));
      child.kill("SIGKILL");
    }
  }
  await ended;
  assert.ok(acknowledged >= 100);
  assert.ok((await stat(`${path}-wal`)).size > 0, "the child was killed before it could tidy up");

  const store = await openAt(path);
  const page = await createTranscript(store.db, systemClock).page("agent:main:main", 1_000_000, null);
  store.close();
  assert.ok(page.messages.length >= acknowledged, `${page.messages.length} of ${acknowledged} survived`);
  assert.deepEqual(
    page.messages.map(({ seq }) => seq),
    page.messages.map((_, index) => index + 1),
  );
});

test("a file that is no database is refused and kept", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "openclaw.db");
  await writeFile(path, "these are not the bytes of a database ".repeat(200));
  const before = await readFile(path);
  const error = await refusal(openAt(path));
  assert.equal(error.code, "store.damaged");
  assert.ok(error.message.includes(path));
  assert.match(error.fix ?? "", /backup|aside/);
  assert.deepEqual(await readFile(path), before);
});

test("after a crash a damaged page is found before the store is used", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "openclaw.db");
  const store = await openAt(path);
  const transcript = createTranscript(store.db, systemClock);
  const { sessionId } = await transcript.open("agent:main:main", "main");
  for (let run = 0; run < 200; run++) {
    await transcript.append(sessionId, { ...hello, content: "x".repeat(2_000) }, { runId: `run-${run}` });
  }
  store.close();
  const file = await open(path, "r+");
  for (let page = 60; page < 70; page++) await file.write(Buffer.alloc(2048, 0xa5), 0, 2048, page * 4096);
  await file.close();
  // What a clean end leaves is trusted; a log left behind is the mark of a crash.
  (await openAt(path)).close();
  await writeFile(`${path}-wal`, Buffer.alloc(32));
  assert.equal((await refusal(openAt(path))).code, "store.damaged");
});

test("a folder that cannot be written is refused by name", async () => {
  await using folder = await temporaryFolder();
  const missing = join(folder.path, "missing", "openclaw.db");
  const error = await refusal(openAt(missing));
  assert.equal(error.code, "state.unwritable");
  assert.ok(error.message.includes(missing));
  assert.ok(error.fix);
});

test("a store that cannot be opened leaves no lock behind", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "openclaw.db");
  await writeFile(path, "no database".repeat(500));
  assert.equal((await refusal(openAt(path))).code, "store.damaged");
  await writeFile(path, "");
  (await openAt(path)).close();
});

test("a file that a newer version has written is refused", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "openclaw.db");
  const newer = join(folder.path, "migrations");
  await cp(MIGRATIONS, newer, { recursive: true });
  await addMigration(newer, "create table later (id integer primary key)");
  (await openAt(path, newer)).close();
  assert.equal((await refusal(openAt(path))).code, "store.newer");
});

test("a migration that fails leaves the file as it was", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "openclaw.db");
  (await openAt(path)).close();
  const broken = join(folder.path, "migrations");
  await cp(MIGRATIONS, broken, { recursive: true });
  await addMigration(broken, "create table half (id integer);--> statement-breakpoint\ncreate nonsense");
  assert.equal((await refusal(openAt(path, broken))).code, "internal");
  (await openAt(path)).close();
});

async function addMigration(folder: string, text: string): Promise<void> {
  const journalPath = join(folder, "meta", "_journal.json");
  const journal = JSON.parse(await readFile(journalPath, "utf8")) as { entries: object[] };
  const when = Date.now() + 1_000_000;
  journal.entries.push({
    idx: journal.entries.length,
    version: "6",
    when,
    tag: "9999_next",
    breakpoints: true,
  });
  await mkdir(join(folder, "meta"), { recursive: true });
  await writeFile(journalPath, JSON.stringify(journal));
  await writeFile(join(folder, "9999_next.sql"), text);
}
