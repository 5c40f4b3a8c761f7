/**
 * The last changes, kept so that they can be taken back: by path, newest last, over restarts.
 *
 * Owns the plugin's storage. Keeps `MAX_CHANGES` in all, of `MAX_KEPT_BYTES` each at most, so that they stay within the
 * quota of the manifest. What is kept is the file as it was, with the hash of what it became: only a file that still is
 * what the change made of it is taken back.
 */
import type { PluginStorage } from "openclaw/sdk";

export const MAX_KEPT_BYTES = 240 * 1024;
const MAX_CHANGES = 40;

export interface KeptChange {
  readonly path: string;
  /** The file as it was; null if there was none. */
  readonly before: Uint8Array | null;
  /** SHA-256 of what it became, hex. */
  readonly after: string;
}

const PREFIX = "change/";
/** Two changes in one millisecond keep their order. */
let counter = 0;

/** False if there was no room for it. */
export async function keepChange(storage: PluginStorage, change: KeptChange): Promise<boolean> {
  const time = Date.now().toString(36).padStart(10, "0");
  counter = (counter + 1) % 1_000_000;
  const key = `${await prefixOf(change.path)}${time}-${String(counter).padStart(6, "0")}-${crypto.randomUUID()}`;
  try {
    await makeRoom(storage);
    await storage.set(key, encode(change));
    return true;
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === "too-large") return false;
    throw thrown;
  }
}

/** The newest change of a file, and its key; null if none is kept. */
export async function lastChange(
  storage: PluginStorage,
  path: string,
): Promise<{ readonly key: string; readonly change: KeptChange } | null> {
  const key = (await storage.list(await prefixOf(path))).at(-1);
  const bytes = key === undefined ? undefined : await storage.get<Uint8Array>(key);
  return key === undefined || bytes === undefined ? null : { key, change: decode(bytes) };
}

export async function hashOf(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function prefixOf(path: string): Promise<string> {
  const hash = await hashOf(new TextEncoder().encode(plainPath(path)));
  return `${PREFIX}${hash.slice(0, 32)}/`;
}

/** One spelling for the usual ones of a path in the workspace. */
function plainPath(path: string): string {
  const names = path.split("/").filter((name, index) => name !== "." && (name !== "" || index === 0));
  return (names[0] === "$WORKSPACE" ? names.slice(1) : names).join("/");
}

/** Forgets the oldest. */
async function makeRoom(storage: PluginStorage): Promise<void> {
  const keys = await storage.list(PREFIX);
  const byAge = keys.toSorted((one, other) => (timeIn(one) < timeIn(other) ? -1 : 1));
  for (const key of byAge.slice(0, Math.max(0, keys.length - MAX_CHANGES + 1))) await storage.delete(key);
}

function timeIn(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}

/** A line of JSON, and the bytes. */
function encode({ path, before, after }: KeptChange): Uint8Array {
  const head = new TextEncoder().encode(`${JSON.stringify({ path, after, existed: before !== null })}\n`);
  const whole = new Uint8Array(head.length + (before?.length ?? 0));
  whole.set(head);
  if (before !== null) whole.set(before, head.length);
  return whole;
}

function decode(bytes: Uint8Array): KeptChange {
  const end = bytes.indexOf(0x0a);
  const { path, after, existed } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as {
    path: string;
    after: string;
    existed: boolean;
  };
  return { path, after, before: existed ? bytes.slice(end + 1) : null };
}
