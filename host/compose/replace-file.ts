/** Replaces a file as a whole or not at all; a link to it stays a link. Throws a HostError `request.invalid`. */
import { randomUUID } from "node:crypto";
import { chmodSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { HostError } from "#host/base/errors.ts";

/** By all: Squid runs as a user of its own. What is written without another mode is no secret. */
const READABLE = 0o644;

export function replaceFile(path: string, text: string, mode = READABLE): void {
  const target = statSync(path, { throwIfNoEntry: false }) === undefined ? path : realpathSync(path);
  const aside = join(dirname(target), `.${randomUUID()}.tmp`);
  try {
    writeFileSync(aside, text, { flush: true, mode });
    chmodSync(aside, mode);
    renameSync(aside, target);
  } catch (cause) {
    rmSync(aside, { force: true });
    throw new HostError("request.invalid", `Cannot write "${path}": ${String((cause as Error).message)}`, {
      fix: "Run this as the user who owns the file",
      cause,
    });
  }
}
