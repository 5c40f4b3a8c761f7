/**
 * Where a path of a plugin leads, and whether that lies beneath a granted folder.
 *
 * Pure: it compares names and touches no disk. That no link leads elsewhere is the business of whoever opens
 * the path. Refuses what no granted path needs: `..`, control characters, over-long names. What is the host's
 * own (`HOST_OWN`) is out of reach, whatever was granted.
 */

/** Absolute folders without links or trailing slashes. `plugin` is null for a plugin without a folder. */
export interface PathRoots {
  readonly workspace: string;
  readonly state: string;
  readonly home: string;
  readonly plugin: string | null;
}

/** A reason is the second half of a sentence: `Cannot read "x": <reason>`. */
export type ResolvedPath =
  { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string };

/**
 * The host's own files beneath the state folder: who owns these owns the host. `*` stands for the rest of a name.
 * Whoever adds another such file to the state folder adds it here.
 */
export const HOST_OWN: readonly string[] = [
  "credentials",
  "audit",
  "cache",
  "openclaw.json*",
  "agents/*/sessions",
  "agents/*/auth-profiles.json",
];

/** Read by plugins, written by the host alone: the code of the other plugins. */
export const HOST_WRITTEN: readonly string[] = ["plugins"];

/** The system's own, which are files by name only: where the home folder is "/", a grant of it must not open them. */
const KERNEL_FOLDERS: readonly string[] = ["/proc", "/sys", "/dev"];

/** Linux's PATH_MAX and NAME_MAX. */
const MAX_PATH_BYTES = 4096;
const MAX_NAME_BYTES = 255;

/**
 * Makes a path absolute: `$WORKSPACE`, `$STATE`, `$PLUGIN` and `~` are replaced, a relative path stands in the
 * workspace, `.` and doubled slashes go.
 */
export function resolvePath(text: string, roots: PathRoots): ResolvedPath {
  const reason = whyMalformed(text);
  if (reason !== null) return { ok: false, reason };
  const rooted = replaceRoot(text, roots);
  if (!rooted.ok) return rooted;
  const names = rooted.path.split("/").filter((name) => name !== "" && name !== ".");
  return { ok: true, path: `/${names.join("/")}` };
}

/** True for the folder itself and everything below it. Both are as `resolvePath` gives them. */
export function isBeneath(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}

/** The names that lead from the folder to the path; empty for the folder itself. */
export function namesBelow(path: string, folder: string): readonly string[] {
  return path
    .slice(folder.length)
    .split("/")
    .filter((name) => name !== "");
}

/** The line of `HOST_OWN` (for a write, also of `HOST_WRITTEN`), or the system's folder, that holds this path; null if none does. */
export function hostOwn(path: string, roots: PathRoots, access: "read" | "write"): string | null {
  const kernel = KERNEL_FOLDERS.find((folder) => isBeneath(path, folder));
  if (kernel !== undefined) return kernel;
  const state = fold(roots.state);
  const folded = fold(path);
  if (!isBeneath(folded, state)) return null;
  const names = namesBelow(folded, state);
  const own = HOST_OWN.find((line) => startsLike(names, line.split("/")));
  if (own !== undefined || access === "read") return own ?? null;
  if (roots.plugin !== null && isBeneath(path, roots.plugin)) return null;
  return HOST_WRITTEN.find((line) => startsLike(names, line.split("/"))) ?? null;
}

function whyMalformed(text: string): string | null {
  if (text === "") return "the path is empty";
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  if (/[\u0000-\u001f\u007f]/.test(text)) return "the path holds a control character";
  if (!text.isWellFormed()) return "the path is not well-formed Unicode";
  if (byteLength(text) > MAX_PATH_BYTES) return `the path is longer than ${MAX_PATH_BYTES} bytes`;
  const names = text.split("/");
  if (names.includes("..")) return 'the path holds ".."';
  if (names.some((name) => byteLength(name) > MAX_NAME_BYTES)) {
    return `a name in the path is longer than ${MAX_NAME_BYTES} bytes`;
  }
  return null;
}

function replaceRoot(text: string, roots: PathRoots): ResolvedPath {
  if (text.startsWith("/")) return { ok: true, path: text };
  const [first = "", ...rest] = text.split("/");
  const root = rootNamed(first, roots);
  if (root === undefined) return { ok: true, path: `${roots.workspace}/${text}` };
  if (root === null) return { ok: false, reason: `"${first}" is not a folder that this plugin has` };
  return { ok: true, path: [root, ...rest].join("/") };
}

/** Undefined for an ordinary name, null for a root that does not exist. */
function rootNamed(name: string, roots: PathRoots): string | null | undefined {
  if (name === "$WORKSPACE") return roots.workspace;
  if (name === "$STATE") return roots.state;
  if (name === "$PLUGIN") return roots.plugin;
  if (name === "~") return roots.home;
  return name.startsWith("$") || name.startsWith("~") ? null : undefined;
}

function startsLike(names: readonly string[], line: readonly string[]): boolean {
  return line.every((part, index) => {
    const name = names[index];
    if (name === undefined) return false;
    return part.endsWith("*") ? name.startsWith(part.slice(0, -1)) : name === part;
  });
}

/**
 * One spelling for all that a case-insensitive or normalising file system takes for the same name. Some of them (HFS+,
 * ext4 with casefold) pass over characters that cannot be seen.
 */
export function fold(path: string): string {
  return path
    .normalize("NFKC")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .toUpperCase()
    .toLowerCase();
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
