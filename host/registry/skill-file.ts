/** Reads a folder's `SKILL.md`: a regular file that no link leads to, of bounded size. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { HostError } from "#host/base/errors.ts";
import { SKILL_FILE } from "#manifests/skill.ts";

/** Rejects with `plugin.broken`, or with the system's error where there is none. */
export async function readSkillFile(folder: string, maxBytes: number): Promise<Uint8Array> {
  const handle = await open(
    join(folder, SKILL_FILE),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new HostError("plugin.broken", `${SKILL_FILE} is not a regular file`);
    if (stat.size > maxBytes)
      throw new HostError("plugin.broken", `${SKILL_FILE} is larger than ${maxBytes} bytes`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
