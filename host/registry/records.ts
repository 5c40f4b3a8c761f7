/**
 * What the registry remembers over a restart, as two small interfaces that the store fills in.
 *
 * A plugin's record says which version serves, which one waits and, for an installed one, what its folder must
 * look like. A grant is the owner's answer to one exact request; there may be several of a plugin, one for each
 * request that was ever answered. `serving`, `newest` and `pinned` are plain JSON: a store may keep each as one
 * text column.
 */
import type { JsonObject } from "#host/base/json.ts";
import type { PluginOrigin } from "#host/base/plugin.ts";

/** A version in enough detail to be taken up after a restart without reading its folder. */
export interface VersionRecord {
  readonly version: string;
  /** The manifest as it was parsed. */
  readonly manifest: JsonObject;
  /** What `fingerprintFolder` gave when this version was read: equal means that nothing was touched since. */
  readonly fingerprint: string;
  /** SHA-256 (hex) over all sources. */
  readonly sourceHash: string;
  /** SHA-256 (hex) of the bundle, under which it stands in the cache. */
  readonly bundleHash: string;
  /** Names the bundler and SDK that made the bundle; another one makes it anew. */
  readonly toolchain: string;
  /** SHA-256 (hex) of each source file by its path in the folder. */
  readonly files: Readonly<Record<string, string>>;
  /** What the sandbox said that the bundle defines: kind and tools. Null for a plugin without code. */
  readonly description: JsonObject | null;
  /** Name, description and text's hash of the `SKILL.md` beside the manifest. */
  readonly skill?: JsonObject;
  /** Of an installed version. */
  readonly provenance?: Provenance;
}

/** Where an installed version came from. It is part of what the owner answers. */
export type Provenance = {
  /** `npm:NAME`, `folder:PATH` or, since a path says nothing about who made a file, `archive:SHA-256`. */
  readonly source: string;
  /** The other source whose rights, secrets and data under this id it would take over; null if there is none. */
  readonly over: string | null;
};

/**
 * What an installed folder must be, file by file. `node_modules` counts as one file, of what a bundle takes from it;
 * without that file, nothing may come from there.
 */
export interface PinRecord {
  readonly hash: string;
  readonly files: Readonly<Record<string, string>>;
  readonly provenance?: Provenance;
}

export interface PluginRecord {
  readonly id: string;
  readonly origin: PluginOrigin;
  /** Absolute path. */
  readonly folder: string;
  readonly serving: VersionRecord | null;
  /** What was read last, where another version serves or none: it waits for the owner, or was denied. */
  readonly newest: VersionRecord | null;
  readonly pinned: PinRecord | null;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

/** One record an id; `save` replaces. */
export interface PluginRecords {
  list(): Promise<readonly PluginRecord[]>;
  save(record: PluginRecord): Promise<void>;
  remove(id: string): Promise<void>;
}

export interface GrantRecord {
  readonly pluginId: string;
  /** SHA-256 (hex) of exactly what was asked. Unique together with `pluginId`. */
  readonly requestHash: string;
  readonly decision: "granted" | "denied";
  /** The `permissions` block that was answered. */
  readonly permissions: JsonObject;
  /** Milliseconds since 1970. */
  readonly decidedAt: number;
}

/** One record for each plugin and request; `save` replaces. */
export interface GrantRecords {
  list(): Promise<readonly GrantRecord[]>;
  save(grant: GrantRecord): Promise<void>;
  /** Forgets every answer about this plugin. */
  removeAll(pluginId: string): Promise<void>;
}
