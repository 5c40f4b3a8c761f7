/**
 * The shape of `openclaw.plugin.json`: OpenClaw's keys from a closed list, and one strict block of ours,
 * `permissions`.
 *
 * Guarantees that a parsed manifest has an id that is safe as a folder's name, and tool names that any
 * model server takes. Refuses unknown keys. A manifest without `permissions` asks for nothing and gets
 * nothing.
 */
import * as v from "valibot";
import { PermissionsSchema } from "./permissions.ts";
import { KEPT_CONTRACTS, KEPT_KEYS } from "./upstream-keys.ts";

/** The file's name in a plugin's folder. */
export const MANIFEST_FILE = "openclaw.plugin.json";

/** Where the code begins, if package.json does not say it: the first of these that exists. */
export const DEFAULT_ENTRIES = ["main.ts", "main.js", "index.ts", "index.js"] as const;

const PluginId = v.pipe(
  v.string("must be text"),
  v.regex(
    /^[a-z0-9][a-z0-9_-]{0,63}$/,
    'must be 1 to 64 lower-case letters, digits, "-" and "_", the first a letter or digit',
  ),
);

const ToolName = v.pipe(
  v.string("must be text"),
  v.regex(
    /^[a-z][a-z0-9_-]{0,63}$/,
    'must be 1 to 64 lower-case letters, digits, "-" and "_", the first a letter',
  ),
);

const line = (maxLength: number) =>
  v.pipe(v.string("must be text"), v.maxLength(maxLength, `must be at most ${maxLength} characters`));

const ContractsSchema = v.strictObject({
  ...kept(KEPT_CONTRACTS),
  /** Names of the tools that the code defines, each of them and no other. */
  tools: v.optional(v.pipe(v.array(ToolName), v.maxLength(64, "must name at most 64 tools"))),
});

export const ManifestSchema = v.strictObject({
  ...kept(KEPT_KEYS),
  /** For editors. */
  $schema: v.optional(line(500)),
  id: PluginId,
  name: v.optional(line(80)),
  description: v.optional(line(1_000)),
  version: v.optional(line(64)),
  /** JSON Schema of `plugins.entries.<id>.config`. */
  configSchema: v.pipe(
    v.unknown(),
    // A record would take an array for an object without keys.
    v.check((schema) => !Array.isArray(schema), "must be an object with a JSON Schema"),
    v.record(v.string(), v.unknown(), "must be an object with a JSON Schema"),
  ),
  channels: v.optional(v.array(line(64))),
  contracts: v.optional(ContractsSchema),
  permissions: v.optional(PermissionsSchema),
});

export type Manifest = v.InferOutput<typeof ManifestSchema>;

function kept<const Keys extends readonly string[]>(keys: Keys) {
  const entries = Object.fromEntries(keys.map((key) => [key, v.optional(v.unknown())]));
  return entries as { [Key in Keys[number]]: v.OptionalSchema<v.UnknownSchema, undefined> };
}
