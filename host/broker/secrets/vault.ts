/**
 * The secrets of plugins, as their owner set them: encrypted in one file for each plugin.
 *
 * `<credentials>/plugins/<id>.json` holds the values, `<credentials>/key` the key; both are for their owner
 * alone (mode 600). The key beside them keeps values out of backups and searches of the one folder; it does not
 * keep them from who reads the whole state folder. Refuses values that are too short to be told from other text
 * in an answer. No message holds a value.
 */
import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import { SECRETS } from "#host/base/limits.ts";
import { errorCode } from "#host/broker/system-error.ts";
import { readPrivate, writePrivate } from "./private-file.ts";
import { KEY_BYTES, seal, unseal, type Sealed } from "./sealed.ts";

export interface StoredSecret {
  readonly pluginId: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly setAt: number;
}

export interface SecretVault {
  /** A plugin's values by name. Rejects with `config.unreadable` if the file does not open. */
  values(pluginId: string): Promise<ReadonlyMap<string, string>>;
  list(): Promise<readonly StoredSecret[]>;
  /** Rejects with `request.invalid` for a name or value that cannot be used, `state.unwritable` if it is not kept. */
  set(pluginId: string, name: string, value: string): Promise<void>;
  /** False if there was none. */
  remove(pluginId: string, name: string): Promise<boolean>;
  /** All of a plugin's. */
  clear(pluginId: string): Promise<void>;
}

const Entry = v.object({ setAt: v.number(), nonce: v.string(), tag: v.string(), data: v.string() });
const VaultFile = v.object({ version: v.literal(1), secrets: v.record(v.string(), Entry) });
type Entries = Readonly<Record<string, v.InferOutput<typeof Entry>>>;

const PLUGIN_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const SECRET_NAME = /^[A-Za-z][\w-]{0,63}$/;

export function createVault(deps: {
  /** Absolute path of the folder for credentials. */
  readonly folder: string;
  readonly clock: Clock;
}): SecretVault {
  return new FileVault(deps.folder, deps.clock);
}

class FileVault implements SecretVault {
  readonly #folder: string;
  readonly #clock: Clock;
  /** Opened values; a change takes its plugin out. */
  readonly #opened = new Map<string, Promise<ReadonlyMap<string, string>>>();
  #key: Promise<Uint8Array> | null = null;
  /** Changes one after the other: each rewrites a whole file. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  values(pluginId: string): Promise<ReadonlyMap<string, string>> {
    const opened = this.#opened.get(pluginId) ?? this.#open(pluginId);
    this.#opened.set(pluginId, opened);
    // A file that is mended must not need a restart.
    opened.catch(() => this.#opened.delete(pluginId));
    return opened;
  }

  async list(): Promise<readonly StoredSecret[]> {
    const names = await readdir(join(this.#folder, "plugins")).catch((thrown: unknown) => {
      if (errorCode(thrown) === "ENOENT") return [];
      throw thrown;
    });
    const plugins = names.flatMap((name) => (name.endsWith(".json") ? [name.slice(0, -5)] : [])).sort();
    const all = await Promise.all(
      plugins.map(async (pluginId) =>
        Object.entries(await this.#entries(pluginId)).map(([name, { setAt }]) => ({ pluginId, name, setAt })),
      ),
    );
    return all.flat();
  }

  set(pluginId: string, name: string, value: string): Promise<void> {
    return this.#change(pluginId, async () => {
      refuseUnusable(pluginId, name, value);
      const sealed = seal(await this.#readKey(), aboutOf(pluginId, name), value);
      const entries = await this.#entries(pluginId);
      await this.#write(pluginId, { ...entries, [name]: { setAt: this.#clock.now(), ...sealed } });
    });
  }

  remove(pluginId: string, name: string): Promise<boolean> {
    return this.#change(pluginId, async () => {
      const { [name]: gone, ...rest } = await this.#entries(pluginId);
      if (gone !== undefined) await this.#write(pluginId, rest);
      return gone !== undefined;
    });
  }

  clear(pluginId: string): Promise<void> {
    return this.#change(pluginId, async () => {
      if (PLUGIN_ID.test(pluginId)) await rm(this.#path(pluginId), { force: true });
    });
  }

  async #open(pluginId: string): Promise<ReadonlyMap<string, string>> {
    const entries = Object.entries(await this.#entries(pluginId));
    if (entries.length === 0) return new Map();
    const key = await this.#readKey();
    return new Map(entries.map(([name, sealed]) => [name, this.#unsealed(key, pluginId, name, sealed)]));
  }

  #unsealed(key: Uint8Array, pluginId: string, name: string, sealed: Sealed): string {
    const value = unseal(key, aboutOf(pluginId, name), sealed);
    if (value !== null) return value;
    throw new HostError(
      "config.unreadable",
      `Cannot open the secret "${name}" of "${pluginId}": it was changed, or encrypted with another key than "${this.#keyPath()}"`,
      { fix: `Put the key back, or set it again: openclaw secret set ${pluginId} ${name}` },
    );
  }

  async #entries(pluginId: string): Promise<Entries> {
    if (!PLUGIN_ID.test(pluginId)) return {};
    const path = this.#path(pluginId);
    const text = await readPrivate(path);
    if (text === null) return {};
    const parsed = v.safeParse(VaultFile, parseJson(text));
    if (parsed.success) return parsed.output.secrets;
    throw new HostError("config.unreadable", `Cannot read "${path}": it is not a file of secrets`, {
      fix: `Put it back from a backup, or delete it and set the secrets of "${pluginId}" again`,
    });
  }

  async #write(pluginId: string, secrets: Entries): Promise<void> {
    await writePrivate(this.#path(pluginId), `${JSON.stringify({ version: 1, secrets }, null, 2)}\n`);
    this.#opened.delete(pluginId);
  }

  #change<Result>(pluginId: string, work: () => Promise<Result>): Promise<Result> {
    const done = this.#changing.then(work);
    this.#changing = done.catch(() => undefined);
    return done.finally(() => this.#opened.delete(pluginId));
  }

  #readKey(): Promise<Uint8Array> {
    this.#key ??= loadKey(this.#keyPath()).catch((thrown: unknown) => {
      this.#key = null;
      throw thrown;
    });
    return this.#key;
  }

  #keyPath(): string {
    return join(this.#folder, "key");
  }

  #path(pluginId: string): string {
    return join(this.#folder, "plugins", `${pluginId}.json`);
  }
}

/** Made when the first secret is set. Nobody overwrites it, also not two hosts at once. */
async function loadKey(path: string): Promise<Uint8Array> {
  const text = await readPrivate(path);
  if (text === null) {
    await writePrivate(path, `${randomBytes(KEY_BYTES).toString("base64")}\n`, { once: true });
    return loadKey(path);
  }
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === KEY_BYTES) return key;
  throw new HostError("config.unreadable", `Cannot use "${path}": it is not a key of ${KEY_BYTES} bytes`, {
    fix: "Put it back from a backup, or delete it and set the plugins' secrets again",
  });
}

function aboutOf(pluginId: string, name: string): string {
  return JSON.stringify([pluginId, name]);
}

function refuseUnusable(pluginId: string, name: string, value: string): void {
  const { minValueChars, maxValueChars } = SECRETS;
  if (!PLUGIN_ID.test(pluginId)) throw unusable(pluginId, `"${pluginId.slice(0, 64)}" is no plugin's id`);
  if (!SECRET_NAME.test(name))
    throw unusable(name, 'a name has at most 64 letters, digits, "-" and "_", the first a letter');
  if (value.length >= minValueChars && value.length <= maxValueChars) return;
  throw unusable(name, `its value must have ${minValueChars} to ${maxValueChars} characters`);
}

function unusable(name: string, rule: string): HostError {
  return new HostError("request.invalid", `Cannot set the secret "${name.slice(0, 64)}": ${rule}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
