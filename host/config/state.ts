/**
 * The state folder: what lies where in it, and who may read it.
 *
 * Everything that the host keeps is beneath this one folder, in upstream's places. `prepareState` makes
 * what is missing and leaves what is there; it tightens the two places that hold keys.
 */
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { HostError } from "#host/base/errors.ts";

/** Absolute paths. */
export interface StatePaths {
  readonly root: string;
  readonly config: string;
  /** The last configuration that was valid, as text. */
  readonly lastGoodConfig: string;
  readonly credentials: string;
  /** The token that was made because the configuration has none. */
  readonly gatewayToken: string;
  readonly authProfiles: string;
  readonly database: string;
  readonly workspace: string;
  readonly plugins: string;
  readonly skills: string;
  readonly cache: string;
  /** Older records of the audit; made when the first file is written. */
  readonly audit: string;
}

const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;

/** Where things are in the state folder `root`; nothing is looked at or made. */
export function statePaths(root: string): StatePaths {
  return {
    root,
    config: join(root, "openclaw.json"),
    lastGoodConfig: join(root, "openclaw.json.last-good"),
    credentials: join(root, "credentials"),
    gatewayToken: join(root, "credentials", "gateway-token"),
    authProfiles: join(root, "agents", "main", "auth-profiles.json"),
    database: join(root, "agents", "main", "sessions", "openclaw.db"),
    workspace: join(root, "workspace"),
    plugins: join(root, "plugins"),
    skills: join(root, "skills"),
    cache: join(root, "cache"),
    audit: join(root, "audit"),
  };
}

/** Makes the folders. Throws a HostError `state.unwritable` that names the path and what to do. */
export function prepareState(root: string): StatePaths {
  const paths = statePaths(root);
  const folders = [root, dirname(paths.database), paths.workspace, paths.plugins, paths.skills, paths.cache];
  for (const folder of folders) makeFolder(folder);
  makeFolder(paths.credentials);
  makePrivate(paths.credentials, PRIVATE_FOLDER);
  attempt(paths.authProfiles, () => createOnce(paths.authProfiles, "{}\n"));
  makePrivate(paths.authProfiles, PRIVATE_FILE);
  return paths;
}

/** Writes a file that only its owner reads, unless it is there already; false if it is. */
export function createOnce(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: "wx", mode: PRIVATE_FILE });
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === "EEXIST") return false;
    throw thrown;
  }
}

function makeFolder(path: string): void {
  attempt(path, () => mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER }));
}

/** Takes rights from others; keys in a folder that everyone can read are no keys. */
function makePrivate(path: string, mode: number): void {
  attempt(path, () => {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, mode);
  });
}

function attempt(path: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

const RULES: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there",
  EPERM: "it belongs to another user",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EEXIST: "a file stands where a folder must be",
  ENOTDIR: "a part of the path is a file, not a folder",
};

function unwritable(path: string, cause: unknown): HostError {
  const rule = RULES[errnoOf(cause)] ?? (cause instanceof Error ? cause.message : String(cause));
  return new HostError("state.unwritable", `Cannot write "${path}": ${rule}`, {
    fix: "Give the folder to the user who runs the gateway, or name another with OPENCLAW_STATE_DIR",
    cause,
  });
}

/** `ENOENT` and its like; empty for what did not come from the system. */
export function errnoOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
}
