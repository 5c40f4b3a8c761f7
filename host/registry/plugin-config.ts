/** A plugin's settings (`plugins.entries.<id>.config`), checked against its own `configSchema`. */
import type { Schema } from "@cfworker/json-schema";
import { HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import type { Manifest } from "#manifests/manifest.ts";

/** Rejects with `config.invalid`, naming the setting and the rule. */
export async function checkPluginConfig(manifest: Manifest, config: JsonObject): Promise<void> {
  // Most plugins have no settings; they need not wait for the validator to load.
  if (Object.keys(config).length === 0 && !("required" in manifest.configSchema)) return;
  const { Validator } = await import("@cfworker/json-schema");
  const { valid, errors } = validate(new Validator(manifest.configSchema as Schema, "2020-12", true), config);
  if (valid) return;
  const first = errors.at(-1);
  const place = (first?.instanceLocation ?? "#").replace(/^#\/?/, "").replaceAll("/", ".");
  const key = ["plugins.entries", manifest.id, "config", place].filter((part) => part !== "").join(".");
  throw new HostError(
    "config.invalid",
    `Cannot use "${manifest.id}": "${key}" breaks its configSchema: ${first?.error ?? "it is not valid"}`,
    {
      fix: `Correct it in openclaw.json`,
    },
  );
}

interface ConfigValidator {
  validate(value: unknown): { valid: boolean; errors: { instanceLocation: string; error: string }[] };
}

/** The schema is a stranger's: one that the validator cannot follow is the same as one that nothing fits. */
function validate(validator: ConfigValidator, config: JsonObject): ReturnType<ConfigValidator["validate"]> {
  try {
    return validator.validate(config);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      valid: false,
      errors: [{ instanceLocation: "#", error: `the schema cannot be used (${reason})` }],
    };
  }
}
