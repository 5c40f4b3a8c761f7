/**
 * `fixtures/<test file>.json`: the recorded effects of a test file, read and written.
 *
 * Meant to be read, changed and written by hand too. Refuses to write a secret's value, in whatever spelling it
 * came back.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import type { EffectFailure, EffectRequest } from "#host/base/effect.ts";
import { HostError } from "#host/base/errors.ts";

/** UTF-8 as it is, other bytes in base64. */
export type RecordedBytes = string | { readonly base64: string };

export type RecordedReply =
  | { readonly ok: true; readonly head: object; readonly body?: RecordedBytes | null }
  | { readonly ok: false; readonly failure: EffectFailure };

/** One effect of one test, and what it was answered with. */
export interface RecordedEffect {
  /** The test's name. */
  readonly test: string;
  /** What is left out may be anything. */
  readonly request: Partial<EffectRequest>;
  readonly body?: RecordedBytes;
  readonly reply: RecordedReply;
}

const FOLDER = "fixtures";

const Bytes = v.union([v.string(), v.strictObject({ base64: v.string() })]);
const Records = v.array(
  v.object({
    test: v.string(),
    request: v.looseObject({ kind: v.string() }),
    body: v.exactOptional(Bytes),
    reply: v.variant("ok", [
      v.object({
        ok: v.literal(true),
        head: v.record(v.string(), v.unknown()),
        body: v.exactOptional(v.nullable(Bytes)),
      }),
      v.object({
        ok: v.literal(false),
        failure: v.object({ code: v.string(), message: v.string(), fix: v.exactOptional(v.string()) }),
      }),
    ]),
  }),
);

/** `fixtures/main.json` for `main.test.ts`. */
export function fixtureName(testFile: string): string {
  return `${FOLDER}/${basename(testFile).replace(/\.test\.[cm]?[jt]sx?$/, "")}.json`;
}

/** Nothing where there is no file. Rejects with `request.invalid` for one that holds something else. */
export async function readFixture(folder: string, name: string): Promise<readonly RecordedEffect[]> {
  const text = await readFile(join(folder, name), "utf8").catch(() => null);
  if (text === null) return [];
  try {
    // The shape of a request is the pipe's to check; here it is only compared.
    return v.parse(Records, JSON.parse(text)) as unknown as readonly RecordedEffect[];
  } catch (cause) {
    const rule = cause instanceof Error ? cause.message : String(cause);
    throw new HostError("request.invalid", `Cannot read "${name}": ${rule}`, {
      fix: "Mend it, or record it anew: openclaw plugin test --record",
      cause,
    });
  }
}

/** Removes the file where there is nothing to keep. Rejects with `request.forbidden` if a secret is in it. */
export async function writeFixture(
  folder: string,
  name: string,
  records: readonly RecordedEffect[],
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  const path = join(folder, name);
  if (records.length === 0) return rm(path, { force: true });
  const text = `${JSON.stringify(records, null, 2)}\n`;
  const leaked = Object.keys(secrets).find((secret) => holds(text, secrets[secret] ?? ""));
  if (leaked !== undefined) {
    throw new HostError(
      "request.forbidden",
      `Cannot write "${name}": the secret "${leaked}" would be in it`,
      {
        fix: "Find what sends it or gives it back, and record something else",
      },
    );
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

function holds(text: string, value: string): boolean {
  const bytes = Buffer.from(value);
  const spellings = [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    bytes.toString("hex"),
  ];
  return value !== "" && spellings.some((spelling) => text.includes(spelling));
}
