/**
 * From a manifest to `openclaw.plugin.d.ts`: the names that it declares, as types for `forManifest`.
 *
 * Pure, and the same text for the same manifest. A part of the `configSchema` that has no plain type is `unknown`;
 * the host checks settings by the schema itself.
 */
import type { Manifest } from "#manifests/manifest.ts";
import { useOf, type SecretUse } from "#manifests/secrets.ts";

/** Stands beside the manifest. */
export const TYPES_FILE = "openclaw.plugin.d.ts";

const HEADER = `/** The names in openclaw.plugin.json, as types. Made by "openclaw plugin types": do not edit. */`;
/** A schema that is deeper is not one of settings that people write. */
const MAX_DEPTH = 8;

export function manifestTypes(manifest: Manifest): string {
  const { secrets = [], commands = [] } = manifest.permissions ?? {};
  const named = (use: SecretUse) =>
    union(secrets.filter((secret) => useOf(secret) === use).map(({ name }) => name));
  return `${HEADER}
export interface Manifest {
  readonly tools: ${union(manifest.contracts?.tools ?? [])};
  readonly commands: ${union(commands.map(({ command }) => command))};
  readonly secrets: {
    readonly slot: ${named("slot")};
    readonly hmac: ${named("hmac")};
    readonly held: ${named("held")};
  };
  readonly config: ${configType(manifest.configSchema)};
}
`;
}

function union(names: readonly string[]): string {
  return [...new Set(names)].map((name) => JSON.stringify(name)).join(" | ") || "never";
}

/** Settings are always an object, whatever a schema leaves open. */
function configType(schema: Manifest["configSchema"]): string {
  return schema.type === "object" ? objectType(schema, "  ", 0) : "Readonly<Record<string, unknown>>";
}

function typeOf(schema: unknown, indent: string, depth: number): string {
  if (!isRecord(schema) || depth > MAX_DEPTH) return "unknown";
  if (Array.isArray(schema.enum)) return schema.enum.map(literal).join(" | ") || "never";
  if ("const" in schema) return literal(schema.const);
  if (Array.isArray(schema.type))
    return schema.type.map((type) => typeOf({ ...schema, type }, indent, depth + 1)).join(" | ");
  switch (schema.type) {
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case "number":
    case "integer":
      return "number";
    case "array":
      return `readonly (${typeOf(schema.items, indent, depth + 1)})[]`;
    case "object":
      return objectType(schema, indent, depth);
    default:
      return "unknown";
  }
}

function objectType(schema: Record<string, unknown>, indent: string, depth: number): string {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const below = `${indent}  `;
  const lines = Object.entries(properties).map(([key, property]) => {
    const mark = required.includes(key) ? "" : "?";
    return `${comment(property, below)}${below}readonly ${JSON.stringify(key)}${mark}: ${typeOf(property, below, depth + 1)};\n`;
  });
  return lines.length === 0 ? emptyType(schema) : `{\n${lines.join("")}${indent}}`;
}

/** Settings that a schema takes without naming them can be read under any name. */
function emptyType({ additionalProperties }: Record<string, unknown>): string {
  return isRecord(additionalProperties)
    ? "Readonly<Record<string, unknown>>"
    : "Readonly<Record<never, never>>";
}

function comment(property: unknown, indent: string): string {
  const text = isRecord(property) && typeof property.description === "string" ? property.description : "";
  const line = text.replace(/\s+/g, " ").replaceAll("*/", "* /").trim();
  return line === "" ? "" : `${indent}/** ${line} */\n`;
}

function literal(value: unknown): string {
  return typeof value === "object" && value !== null ? "unknown" : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
