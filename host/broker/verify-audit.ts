/**
 * Verifying the audit: walks the whole chain, files first, then the database, and names the first record that
 * does not hold.
 *
 * What it finds: a record that was changed, left out, put elsewhere or added, a file that is missing or was
 * changed, records missing at the end, and rules of the database that were taken away. What it cannot find: a
 * chain that somebody with write access has made anew from some record on, unless its last hash was noted
 * elsewhere. May run beside a gateway that records on.
 */
import { setImmediate } from "node:timers/promises";
import type { AuditLink, AuditPart, AuditRecord, AuditVerdict } from "#host/base/audit.ts";
import { isJsonObject } from "#host/base/json.ts";
import { AUDIT } from "#host/base/limits.ts";
import { FIRST_LINK, verifyChain } from "./audit-chain.ts";

export interface AuditHistory {
  next(after: number, limit: number): Promise<AuditPart>;
  missingGuards(): Promise<readonly string[]>;
}

type Broken = Extract<AuditVerdict, { intact: false }>;
/** Where the walk is after a part. */
type Step = { readonly ok: true; readonly link: AuditLink } | { readonly ok: false; readonly broken: Broken };

const DATABASE = "the database";

export async function verifyAudit(history: AuditHistory): Promise<AuditVerdict> {
  let link: AuditLink = FIRST_LINK;
  let files = 0;
  for (;;) {
    const part = await history.next(link.seq, AUDIT.pageRows);
    if (part.kind === "end") return end(history, part.head, link, files);
    const step =
      part.kind === "file" ? await checkFile(part, link) : check(part.records, link, () => DATABASE);
    if (!step.ok) return step.broken;
    if (part.kind === "file") files += 1;
    link = step.link;
    // Hashing is the host's own time: others get their turn.
    await setImmediate();
  }
}

async function end(
  history: AuditHistory,
  head: AuditLink,
  link: AuditLink,
  files: number,
): Promise<AuditVerdict> {
  if (head.seq !== link.seq || head.hash !== link.hash) {
    return broken(link.seq + 1, DATABASE, `records up to ${head.seq} are missing at the end`);
  }
  const [missing] = await history.missingGuards();
  if (missing !== undefined) {
    return broken(
      link.seq,
      DATABASE,
      `the rule "${missing}", which keeps records from being changed, is gone`,
    );
  }
  return { intact: true, records: link.seq, files, head: link };
}

async function checkFile(part: Extract<AuditPart, { kind: "file" }>, start: AuditLink): Promise<Step> {
  let link = start;
  let line = 0;
  try {
    for await (const text of part.lines) {
      line += 1;
      const where = `${part.name}, line ${line}`;
      const record = parseLine(text);
      if (record === null) return no(link.seq + 1, where, "the line is not a record");
      const step = check([record], link, () => where);
      if (!step.ok) return step;
      link = step.link;
      if (line % AUDIT.pageRows === 0) await setImmediate();
    }
  } catch {
    return no(link.seq + 1, part.name, "the file is missing or cannot be read");
  }
  if (link.seq === part.last.seq && link.hash === part.last.hash) return { ok: true, link };
  return no(link.seq + 1, part.name, `the file does not end with record ${part.last.seq} as it was written`);
}

/** The chain's own check covers every field: a record of another shape has another hash. */
function parseLine(text: string): AuditRecord | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? (value as unknown as AuditRecord) : null;
  } catch {
    return null;
  }
}

function check(records: readonly AuditRecord[], link: AuditLink, where: () => string): Step {
  const checked = verifyChain(records, link);
  if (!checked.ok) return no(checked.seq, where(), checked.reason);
  const { seq, hash } = records.at(-1) ?? link;
  return { ok: true, link: { seq, hash } };
}

function no(seq: number, where: string, reason: string): Step {
  return { ok: false, broken: broken(seq, where, reason) };
}

function broken(seq: number, where: string, reason: string): Broken {
  return { intact: false, seq, where, reason };
}
