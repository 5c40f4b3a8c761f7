/** The host's refusals as the errors that a shell's commands know. */

export interface FsError extends Error {
  readonly code: string;
}

const TEXTS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EEXIST: "file already exists",
  EISDIR: "illegal operation on a directory",
  ENOTEMPTY: "directory not empty",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EINVAL: "invalid argument",
  EFBIG: "file too large",
  EIO: "input/output error",
};

export function fsError(code: string, deed: string, path: string, why?: string): FsError {
  const text = `${code}: ${TEXTS[code] ?? "failed"}, ${deed} '${path}'${why === undefined ? "" : ` (${why})`}`;
  return Object.assign(new Error(text), { code });
}

/** `onRefusal` is told of what is no everyday end of a file operation. */
export function toFsError(
  thrown: unknown,
  deed: string,
  path: string,
  onRefusal: (message: string) => void,
): FsError {
  const { code = "", message = "" } = thrown as { code?: string; message?: string };
  if (code.startsWith("E")) return thrown as FsError;
  if (code === "not-found") return fsError("ENOENT", deed, path);
  if (code === "exists") return fsError("EEXIST", deed, path);
  if (code === "invalid" && message.endsWith("is a folder")) return fsError("EISDIR", deed, path);
  if (code === "invalid" && message.endsWith("not empty")) return fsError("ENOTEMPTY", deed, path);
  if (thrown instanceof DOMException) throw thrown;
  onRefusal(message);
  const known: Readonly<Record<string, string>> = {
    denied: "EACCES",
    "too-large": "EFBIG",
    invalid: "EINVAL",
  };
  return fsError(known[code] ?? "EIO", deed, path);
}
