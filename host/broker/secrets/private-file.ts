/** Files that only their owner reads, replaced as a whole or not at all. */
import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { HostError } from "#host/base/errors.ts";
import { errorCode } from "#host/broker/system-error.ts";

/** Null if there is none. Rejects with `config.unreadable`. */
export async function readPrivate(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (errorCode(cause) === "ENOENT") return null;
    throw new HostError("config.unreadable", `Cannot read "${path}": ${errorCode(cause)}`, {
      fix: "Make the file readable for the user who runs the gateway",
      cause,
    });
  }
}

/** Rejects with `state.unwritable`. With `once`, a file that is there already stays, and the answer is false. */
export async function writePrivate(
  path: string,
  text: string,
  { once = false }: { readonly once?: boolean } = {},
): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeThrough(aside, text);
    if (!once) await rename(aside, path);
    else await link(aside, path);
    return true;
  } catch (cause) {
    if (once && errorCode(cause) === "EEXIST") return false;
    throw new HostError("state.unwritable", `Cannot write "${path}": ${errorCode(cause)}`, {
      fix: "Give the folder to the user who runs the gateway, and make room on its disk",
      cause,
    });
  } finally {
    await rm(aside, { force: true }).catch(() => undefined);
  }
}

async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
