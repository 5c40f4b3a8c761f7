/**
 * Opening what lies beneath a folder, name by name, without following a link anywhere on the way.
 *
 * A folder is held by its descriptor. On Linux every name is then looked up in what is held
 * (`/proc/self/fd/N/name`), so that renaming or swapping folders above it leads nowhere. Where there is no
 * `/proc`, the whole path is opened with the system's own ban on links (macOS: `O_NOFOLLOW_ANY`), and what was
 * opened is compared with what stands at the path; between that and a rename or delete a race is left.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
} from "node:fs";
import { errorCode, systemError } from "./system-error.ts";

export interface HeldFolder extends Disposable {
  readonly fd: number;
  /** The folder as a path for system calls. */
  readonly path: string;
  /** A name in this folder as a path for system calls. */
  child(name: string): string;
  /** Throws ESTALE if what stands at the path is no longer what is held. */
  verify(): void;
}

/** `held`: through the descriptor. `named`: through the path, verified. */
export type Anchoring = "held" | "named";

export const ANCHORING: Anchoring = existsSync("/proc/self/fd") ? "held" : "named";

/** macOS 11 and later, <sys/fcntl.h>: no link in any part of the path. */
const O_NOFOLLOW_ANY = 0x2000_0000;
export const NO_LINKS = constants.O_NOFOLLOW | (process.platform === "darwin" ? O_NOFOLLOW_ANY : 0);

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;

export interface OpenFolderOptions {
  /** Makes what is missing on the way. */
  readonly create: boolean;
  readonly anchoring?: Anchoring;
}

/** Opens `root`, a real path of the host's own choosing; then each name beneath it. */
export function openFolder(
  root: string,
  names: readonly string[],
  { create, anchoring = ANCHORING }: OpenFolderOptions,
): HeldFolder {
  let folder = holdRoot(root, anchoring);
  for (const name of names) {
    const above = folder;
    try {
      folder = openChild(above, name, create, anchoring);
    } finally {
      above[Symbol.dispose]();
    }
  }
  return folder;
}

/** Who may write around a root could have put a link in its place, or in that of a folder above it. */
function holdRoot(root: string, anchoring: Anchoring): HeldFolder {
  const fd = openSync(root, FOLDER | (anchoring === "named" ? NO_LINKS : 0));
  const folder = hold(fd, root, anchoring);
  if (anchoring === "named" || readlinkSync(folder.path) === root) return folder;
  folder[Symbol.dispose]();
  throw systemError("ESTALE");
}

/** Opens one name in what is held, which stays held. */
export function openChild(
  above: HeldFolder,
  name: string,
  create: boolean,
  anchoring: Anchoring = ANCHORING,
): HeldFolder {
  const path = above.child(name);
  if (create) makeFolder(path);
  const folder = hold(openSync(path, FOLDER | NO_LINKS), path, anchoring);
  try {
    folder.verify();
    return folder;
  } catch (thrown) {
    folder[Symbol.dispose]();
    throw thrown;
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (thrown) {
    if (errorCode(thrown) !== "EEXIST") throw thrown;
  }
}

function hold(fd: number, openedAs: string, anchoring: Anchoring): HeldFolder {
  const path = anchoring === "held" ? `/proc/self/fd/${fd}` : openedAs;
  return {
    fd,
    path,
    child: (name) => `${path}/${name}`,
    verify: anchoring === "held" ? () => undefined : () => verifySame(fd, openedAs),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

function verifySame(fd: number, path: string): void {
  const held = fstatSync(fd, { bigint: true });
  const named = lstatSync(path, { bigint: true });
  if (held.ino === named.ino && held.dev === named.dev) return;
  throw systemError("ESTALE");
}
