/**
 * Unpacks a package's archive (`.tgz`, as npm packs it) into memory.
 *
 * Guarantees regular files beneath one folder and nothing else. Refuses links, devices, absolute paths,
 * `..`, and what unpacks to more than the limits, before it has all been unpacked.
 */
import { createGunzip } from "node:zlib";
import { HostError } from "#host/base/errors.ts";

export interface ArchiveLimits {
  readonly maxArchiveBytes: number;
  readonly maxInstallBytes: number;
  readonly maxInstallFiles: number;
}

/** File contents by path, without the archive's outermost folder. Rejects with `plugin.broken`. */
export async function unpack(archive: Uint8Array, limits: ArchiveLimits): Promise<Map<string, Uint8Array>> {
  if (archive.length > limits.maxArchiveBytes) throw refused(`larger than ${limits.maxArchiveBytes} bytes`);
  const { Parser } = await import("tar");
  const files = new Map<string, Uint8Array>();
  let entries = 0;
  const unzip = createGunzip();
  const parser = new Parser({ strict: true });
  const done = new Promise<void>((resolve, reject) => {
    parser.on("end", resolve);
    parser.on("error", reject);
    unzip.on("error", reject);
    parser.on("entry", (entry) => {
      try {
        if (++entries > limits.maxInstallFiles) throw refused(`of more than ${limits.maxInstallFiles} files`);
        collect(entry, files);
      } catch (error) {
        reject(error);
        unzip.destroy();
      }
    });
  });
  let bytes = 0;
  unzip.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limits.maxInstallBytes) {
      unzip.destroy(refused(`unpacked it is larger than ${limits.maxInstallBytes} bytes`));
    } else parser.write(chunk);
  });
  unzip.on("end", () => parser.end());
  unzip.end(archive);
  await done.catch((cause: unknown) => {
    throw cause instanceof HostError ? cause : refused(`it is damaged (${messageOf(cause)})`, cause);
  });
  return files;
}

interface ArchiveEntry {
  readonly type: string;
  readonly path: string;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  resume(): unknown;
}

function collect(entry: ArchiveEntry, files: Map<string, Uint8Array>): void {
  if (entry.type === "Directory") return void entry.resume();
  const path = safePath(entry.path);
  if (entry.type !== "File" && entry.type !== "OldFile")
    throw refused(`it holds "${entry.path}", which is no regular file`);
  const chunks: Uint8Array[] = [];
  entry.on("data", (chunk) => chunks.push(chunk));
  entry.on("end", () => files.set(path, Buffer.concat(chunks)));
}

/** The path below the outermost folder. */
function safePath(path: string): string {
  const parts = path.replaceAll("\\", "/").split("/");
  const bad = parts.includes("..") || path.startsWith("/") || /^[A-Za-z]:/.test(path) || path.includes("\0");
  const inside = parts.slice(1).filter((part) => part !== "" && part !== ".");
  if (bad || inside.length === 0)
    throw refused(`it holds "${path}", which does not stand beneath its folder`);
  return inside.join("/");
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function refused(rule: string, cause?: unknown): HostError {
  return new HostError("plugin.broken", `Cannot unpack the archive: ${rule}`, {
    fix: 'Pack the plugin with "npm pack"',
    ...(cause === undefined ? {} : { cause }),
  });
}
