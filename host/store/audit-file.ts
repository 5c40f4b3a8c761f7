/**
 * A file of the audit: older records, one JSON object a line, readable for its owner alone.
 *
 * Guarantees that a file appears whole or not at all, is on the disk when `writeOnce` resolves, and is never
 * overwritten: a name that is taken by other bytes is refused.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { AuditLink } from "#host/base/audit.ts";
import { HostError } from "#host/base/errors.ts";

/** `audit-000000000001-000000010000.jsonl`: in the order of names is in the order of records. */
export function fileName(first: AuditLink["seq"], last: AuditLink["seq"]): string {
  const digits = (seq: number) => String(seq).padStart(12, "0");
  return `audit-${digits(first)}-${digits(last)}.jsonl`;
}

/** Rejects while it is iterated if there is no such file. */
export async function* readLines(folder: string, name: string): AsyncGenerator<string, void, undefined> {
  const file = createReadStream(join(folder, name));
  // Without this, what fails to open would end the iteration as if the file were empty.
  const opened = new Promise<void>((resolve, reject) => {
    file.once("open", () => resolve());
    file.once("error", reject);
  });
  await opened;
  yield* createInterface({ input: file, crlfDelay: Number.POSITIVE_INFINITY });
}

/** Resolves also if the file is there already with the same bytes: a crash came between it and its entry. */
export async function writeOnce(folder: string, name: string, pages: AsyncIterable<string>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [unfinished, path] = [join(folder, `.${name}.unfinished`), join(folder, name)];
  await rm(unfinished, { force: true });
  const hash = await writeAll(unfinished, pages);
  try {
    await link(unfinished, path).catch(async (cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EEXIST") throw cause;
      if ((await hashOfFile(path)) !== hash) throw taken(path);
    });
  } finally {
    await rm(unfinished, { force: true });
  }
  await syncFolder(folder);
}

async function writeAll(path: string, pages: AsyncIterable<string>): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx", 0o600);
  try {
    for await (const page of pages) {
      hash.update(page);
      await file.write(page);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path)) hash.update(bytes as Uint8Array);
  return hash.digest("hex");
}

/** The name too has to survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function taken(path: string): HostError {
  return new HostError(
    "state.unwritable",
    `Cannot write "${path}": a file with other content has that name`,
    {
      fix: "Move it out of the folder; files of the audit are never overwritten",
    },
  );
}
