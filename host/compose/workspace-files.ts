/**
 * Reads the files in which an owner says how the agent is to work, from the agent's workspace.
 *
 * Plugins may write there, so nothing is followed out of it: only plain files by their own name, no links and no pipes,
 * and only so much of each. Never rejects.
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { WORKSPACE_FILES, type WorkspaceFile, type WorkspaceFiles } from "#host/agent/workspace-files.ts";
import type { Log } from "#host/base/log.ts";

/** A character has four bytes at most. */
const BYTES_PER_CHAR = 4;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export function createWorkspaceFiles(
  folderOf: (agentId: string) => string,
  log: Pick<Log, "warn">,
): WorkspaceFiles {
  const told = new Set<string>();
  return {
    async read(agentId, { maxChars }) {
      const folder = folderOf(agentId);
      const files = await Promise.all(
        WORKSPACE_FILES.map((name) => readFile(folder, name, maxChars * BYTES_PER_CHAR)),
      );
      const present = files.filter((file) => file !== null);
      for (const { name, problem } of present) {
        const line = `${folder}/${name}: ${problem}`;
        if (problem === null || told.has(line)) continue;
        told.add(line);
        log.warn("a file of the workspace cannot be read", { file: name, problem });
      }
      return present;
    },
  };
}

/** Null if it is not there. */
async function readFile(folder: string, name: string, maxBytes: number): Promise<WorkspaceFile | null> {
  try {
    await using file = await open(join(folder, name), FLAGS);
    const { size, ...stat } = await file
      .stat()
      .then((found) => ({ size: found.size, isFile: found.isFile() }));
    if (!stat.isFile) return unreadable(name, "it is no file");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, maxBytes)), 0, undefined, 0);
    return { name, text: decode(buffer.subarray(0, bytesRead)), bytes: size, problem: null };
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code ?? "unknown";
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    return unreadable(name, code === "ELOOP" ? "it is a link" : code);
  }
}

/** Without a byte order mark, and without a character that the cut left in halves. */
function decode(bytes: Buffer): string {
  return new TextDecoder().decode(bytes, { stream: true }).replaceAll("\0", "");
}

function unreadable(name: string, problem: string): WorkspaceFile {
  return { name, text: null, bytes: 0, problem };
}
