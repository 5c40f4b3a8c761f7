/** The manifest's JSON Schema, for editors. Made from the same schema that the host reads manifests with. */
import { toJsonSchema } from "@valibot/to-json-schema";
import { ManifestSchema } from "./manifest.ts";

/**
 * A plain JSON object. Rules that JSON Schema has no word for (a path without `..`) are left out; the host
 * still holds them.
 */
export function manifestJsonSchema(): Record<string, unknown> {
  const schema = toJsonSchema(ManifestSchema, { errorMode: "ignore" });
  return { ...schema, title: "OpenClaw Edge plugin manifest (openclaw.plugin.json)" };
}
