/** Where a plugin's code begins: what package.json says, or the first usual name that exists. */
import * as v from "valibot";
import { HostError } from "#host/base/errors.ts";
import { DEFAULT_ENTRIES } from "#manifests/manifest.ts";

const PackageJson = v.looseObject({
  openclaw: v.optional(v.looseObject({ extensions: v.optional(v.array(v.string())) })),
  dependencies: v.optional(v.record(v.string(), v.string())),
});

export interface PackageFacts {
  /** `openclaw.extensions`, as written. */
  readonly entries: readonly string[];
  /** Names of the packages that the code needs at run time. */
  readonly dependencies: readonly string[];
}

type Files = ReadonlyMap<string, Uint8Array>;

/** What matters of the folder's package.json. Rejects an unreadable one with `plugin.broken`. */
export function readPackageFacts(files: Files): PackageFacts {
  const bytes = files.get("package.json");
  if (bytes === undefined) return { entries: [], dependencies: [] };
  try {
    const parsed = v.parse(PackageJson, JSON.parse(new TextDecoder().decode(bytes)));
    return {
      entries: parsed.openclaw?.extensions ?? [],
      dependencies: Object.keys(parsed.dependencies ?? {}),
    };
  } catch (cause) {
    throw new HostError("plugin.broken", 'Cannot read "package.json": it is not a valid package.json', {
      fix: "Mend it, or remove it: a plugin needs none",
      cause,
    });
  }
}

/** What "openclaw plugin pack" made: a bundle already, which is run as it is. */
export const PACKED_FILE = "openclaw.bundle.js";

/** The entry's path in the folder, or null for a plugin without code. */
export function findEntry(files: Files): string | null {
  if (files.has(PACKED_FILE)) return PACKED_FILE;
  const [declared, ...more] = readPackageFacts(files).entries;
  if (declared === undefined) return DEFAULT_ENTRIES.find((name) => files.has(name)) ?? null;
  if (more.length > 0) {
    throw new HostError(
      "plugin.broken",
      `Cannot use "package.json": "openclaw.extensions" names ${more.length + 1} entries, and one plugin has one`,
      { fix: "Split the package into one plugin for each entry" },
    );
  }
  const path = declared.replace(/^\.\//, "");
  if (files.has(path)) return path;
  throw new HostError("plugin.broken", `Cannot find the entry "${declared}" that package.json names`, {
    fix: "Put the file into the plugin's folder, or correct openclaw.extensions",
  });
}
