/** Errors of `node:fs` as libraries tell them apart: by `code`, with Linux's numbers. */

const KINDS = {
  ENOENT: [-2, "no such file or directory"],
  EEXIST: [-17, "file already exists"],
  ENOTDIR: [-20, "not a directory"],
  EISDIR: [-21, "illegal operation on a directory"],
  ENOTEMPTY: [-39, "directory not empty"],
  EBADF: [-9, "bad file descriptor"],
  EINVAL: [-22, "invalid argument"],
  ENOSPC: [-28, "no space left on device"],
  ENOSYS: [-38, "function not implemented"],
} as const;

export function fsError(code: keyof typeof KINDS, syscall: string, path: string, why?: string): Error {
  const [errno, text] = KINDS[code];
  const message = `${code}: ${why ?? text}, ${syscall} '${path}'`;
  return Object.assign(new Error(message), { code, errno, syscall, path });
}
