import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from "drizzle-kit/api";
import * as schema from "./schema.ts";

type Snapshot = Parameters<typeof generateSQLiteMigration>[0];

async function readMeta<Content>(name: string): Promise<Content> {
  const url = new URL(`migrations/meta/${name}`, import.meta.url);
  return JSON.parse(await readFile(url, "utf8")) as Content;
}

test("the migrations make exactly the tables of the schema", async () => {
  const { entries } = await readMeta<{ entries: { idx: number }[] }>("_journal.json");
  const newest = String(entries.at(-1)?.idx).padStart(4, "0");
  const made = await readMeta<Snapshot>(`${newest}_snapshot.json`);
  const missing = await generateSQLiteMigration(made, await generateSQLiteDrizzleJson(schema));
  assert.deepEqual(missing, [], "npx drizzle-kit generate --config drizzle/drizzle.config.ts");
});
