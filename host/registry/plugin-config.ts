/**
 * A plugin's settings (`plugins.entries.<id>.config`), checked against its own `configSchema`.
 *
 * The schema is a stranger's, and checking runs in the host: a schema that refers to itself twice at each step would
 * take longer than anybody lives. So it is read through a meter, and one that is read too often cannot be used. A schema
 * with regular expressions, which no meter sees, is tried in an isolate.
 */
import type { Schema } from "@cfworker/json-schema";
import { HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import { REGISTRY } from "#host/base/limits.ts";
import type { Sandboxes } from "#host/sandbox/contract.ts";
import type { Manifest } from "#manifests/manifest.ts";
import { hasPatterns, problemInIsolate } from "./isolated-check.ts";

/** Rejects with `config.invalid`, naming the setting and the rule; `sandbox.unavailable` where no isolate can be had. */
export async function checkPluginConfig(
  manifest: Manifest,
  config: JsonObject,
  sandboxes: Pick<Sandboxes, "callTool" | "retire">,
): Promise<void> {
  // Most plugins have no settings; they need not wait for the validator to load.
  if (Object.keys(config).length === 0 && !("required" in manifest.configSchema)) return;
  if (hasPatterns(manifest.configSchema)) {
    const problem = await problemInIsolate(manifest, config, sandboxes);
    if (problem !== null) throw breaks(manifest, `plugins.entries.${manifest.id}.config`, problem);
    return;
  }
  const { Validator } = await import("@cfworker/json-schema");
  const makeValidator = (schema: Schema) => new Validator(schema, "2020-12", true);
  const { valid, errors } = validate(makeValidator, manifest.configSchema as Schema, config);
  if (valid) return;
  const first = errors.at(-1);
  const place = (first?.instanceLocation ?? "#").replace(/^#\/?/, "").replaceAll("/", ".");
  const key = ["plugins.entries", manifest.id, "config", place].filter((part) => part !== "").join(".");
  throw breaks(manifest, key, first?.error ?? "it is not valid");
}

function breaks({ id }: Manifest, key: string, rule: string): HostError {
  return new HostError(
    "config.invalid",
    `Cannot use "${id}": "${key}" breaks its configSchema: ${rule.replace(/\.$/, "")}`,
    {
      fix: `Correct it in openclaw.json`,
    },
  );
}

interface ConfigValidator {
  validate(value: unknown): { valid: boolean; errors: { instanceLocation: string; error: string }[] };
}

/** One that the validator cannot follow is the same as one that nothing fits. */
function validate(
  makeValidator: (schema: Schema) => ConfigValidator,
  schema: Schema,
  config: JsonObject,
): ReturnType<ConfigValidator["validate"]> {
  try {
    return makeValidator(metered(schema, REGISTRY.maxSchemaReads)).validate(config);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      valid: false,
      errors: [{ instanceLocation: "#", error: `the schema cannot be used (${reason})` }],
    };
  }
}

/** The same schema, of which only so much can be read. Its own copy, as the validator writes into it. */
function metered(schema: Schema, maxReads: number): Schema {
  let reads = 0;
  const known = new WeakMap<object, object>();
  const wrap = (value: object): object => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const made = new Proxy(value, {
      get(target, key) {
        if (++reads > maxReads)
          throw new Error("checking it would take too long: it refers to itself too often");
        const found: unknown = Reflect.get(target, key);
        return typeof found === "object" && found !== null ? wrap(found) : found;
      },
    });
    known.set(value, made);
    return made;
  };
  return wrap(structuredClone(schema)) as Schema;
}
