/**
 * The workspace as the shell's file system: every operation is an effect that the broker decides and does.
 *
 * Guarantees that nothing is said to be done that was not. What a brokered folder does not have is refused (links), or
 * is a fixed fact: every file counts as executable, so that a script can be run, and `chmod` changes nothing; times are
 * those of the last write. Links that lie there are seen and not followed.
 */
import type { FileEntry, FileStat, PluginFiles } from "openclaw/sdk";
import type { FileContent, FsStat, IFileSystem } from "just-bash/browser";
import { fsError, toFsError } from "./fs-error.ts";

const MODE = 0o755;
/**
 * What a command of the shell reads of one file. Its tools are plain JavaScript that runs in one go: of more, a sort or a
 * search would take longer than an isolate may run without a pause.
 */
const MAX_READ_BYTES = 1024 * 1024;
/** What is copied, which is no work. */
const MAX_COPY_BYTES = 32 * 1024 * 1024;

/** `onRefusal`: what the host refused, in its own words; commands of a shell shorten it. */
export function createWorkspaceFs(files: PluginFiles, onRefusal: (message: string) => void): IFileSystem {
  const attempt = async <Value>(deed: string, path: string, work: () => Promise<Value>): Promise<Value> => {
    try {
      return await work();
    } catch (thrown) {
      throw toFsError(thrown, deed, path, onRefusal);
    }
  };
  const statOf = (path: string) => attempt("stat", path, () => files.stat(outer(path)));
  const listOf = (path: string) => attempt("scandir", path, () => files.list(outer(path)));
  const read = async (path: string, maxBytes: number) => {
    const bytes = await attempt("open", path, () => files.read(outer(path), { length: maxBytes + 1 }));
    if (bytes.length <= maxBytes) return bytes;
    onRefusal(
      `"${plain(path).slice(1)}" is larger than the ${maxBytes} bytes that the built-in tools take. Use the tool read, or a program that the owner granted`,
    );
    throw fsError("EFBIG", "open", path);
  };
  const bytesOf = (path: string) => read(path, MAX_READ_BYTES);
  const store = (path: string, content: FileContent, options: unknown, mode: "replace" | "append") =>
    attempt("open", path, () => files.write(outer(path), encode(content, options), { mode }));
  const isThere = async (path: string) => {
    try {
      await files.stat(outer(path));
      return true;
    } catch (thrown) {
      // What may not be looked at is no free name: a redirection there must fail before it is tried.
      return (thrown as { code?: unknown }).code !== "not-found";
    }
  };

  const copy = async (from: string, to: string, recursive: boolean): Promise<void> => {
    const { type } = await statOf(from);
    if (type === "file") return store(to, await read(from, MAX_COPY_BYTES), undefined, "replace");
    if (type !== "directory") throw fsError("EPERM", "copyfile", from, "links and devices are not copied");
    if (!recursive) throw fsError("EISDIR", "copyfile", from);
    await attempt("mkdir", to, () => files.mkdir(outer(to)));
    for (const { name } of await listOf(from)) await copy(`${from}/${name}`, `${to}/${name}`, true);
  };

  return {
    readFile: async (path, options) => decode(await bytesOf(path), options),
    readFileBuffer: bytesOf,
    writeFile: (path, content, options) => store(path, content, options, "replace"),
    appendFile: (path, content, options) => store(path, content, options, "append"),
    exists: isThere,
    async stat(path) {
      const stat = await statOf(path);
      if (stat.type !== "other") return toFsStat(stat);
      onRefusal(`"${plain(path).slice(1)}" is a link or a device, and links are not followed`);
      throw fsError("EACCES", "stat", path);
    },
    lstat: async (path) => toFsStat(await statOf(path)),
    async mkdir(path, options) {
      if (options?.recursive !== true) {
        if (await isThere(path)) throw fsError("EEXIST", "mkdir", path);
        await statOf(parentOf(path));
      }
      await attempt("mkdir", path, () => files.mkdir(outer(path)));
    },
    readdir: async (path) => (await listOf(path)).map(({ name }) => name),
    readdirWithFileTypes: async (path) => (await listOf(path)).map(toDirent),
    async rm(path, options) {
      try {
        await files.remove(outer(path), { recursive: options?.recursive === true });
      } catch (thrown) {
        const error = toFsError(thrown, "rm", path, onRefusal);
        if (options?.force !== true || error.code !== "ENOENT") throw error;
      }
    },
    cp: (from, to, options) => copy(from, to, options?.recursive === true),
    mv: (from, to) => attempt("rename", from, () => files.rename(outer(from), outer(to), { replace: true })),
    resolvePath: (base, path) => plain(path.startsWith("/") ? path : `${base}/${path}`),
    getAllPaths: () => [],
    chmod: async (path) => void (await statOf(path)),
    utimes: async (path) => void (await statOf(path)),
    realpath: async (path) => (await statOf(path), plain(path)),
    symlink: async (_target, path) => Promise.reject(fsError("EPERM", "symlink", path, "links are not made")),
    link: async (_from, path) => Promise.reject(fsError("EPERM", "link", path, "links are not made")),
    readlink: async (path) => Promise.reject(fsError("EINVAL", "readlink", path)),
  };
}

/** As the broker is asked for it. The shell's paths begin at the mount. */
function outer(path: string): string {
  const inner = plain(path).slice(1);
  return inner === "" ? "$WORKSPACE" : `$WORKSPACE/${inner}`;
}

/** Absolute, without dots: the shell may ask for `..`, and nothing lies above the mount. */
function plain(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}

function parentOf(path: string): string {
  return plain(`${path}/..`);
}

function toFsStat({ type, size, modifiedAt }: FileStat): FsStat {
  return {
    isFile: type === "file",
    isDirectory: type === "directory",
    isSymbolicLink: type === "other",
    mode: MODE,
    size,
    mtime: new Date(modifiedAt),
  };
}

function toDirent({ name, type }: FileEntry) {
  return {
    name,
    isFile: type === "file",
    isDirectory: type === "directory",
    isSymbolicLink: type === "other",
  };
}

type Encoding = { readonly encoding?: string | null } | string | null | undefined;

function encodingOf(options: unknown): string {
  const given = options as Encoding;
  return (typeof given === "string" ? given : given?.encoding) ?? "utf8";
}

function encode(content: FileContent, options: unknown): Uint8Array {
  if (typeof content !== "string") return content;
  return /^(?:binary|latin1|ascii)$/.test(encodingOf(options))
    ? Uint8Array.from(content, (char) => char.charCodeAt(0))
    : new TextEncoder().encode(content);
}

function decode(bytes: Uint8Array, options: unknown): string {
  if (!/^(?:binary|latin1|ascii)$/.test(encodingOf(options))) return new TextDecoder().decode(bytes);
  const step = 32 * 1024;
  let text = "";
  for (let at = 0; at < bytes.length; at += step)
    text += String.fromCharCode(...bytes.subarray(at, at + step));
  return text;
}
