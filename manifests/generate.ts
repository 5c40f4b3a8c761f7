/** Writes what is made from the manifest's schema: the JSON Schema for editors and the reference of permissions. */
import { writeFile } from "node:fs/promises";
import { manifestJsonSchema } from "./json-schema.ts";
import { permissionReference } from "./permission-reference.ts";

const schema = new URL("./plugin.schema.json", import.meta.url);
await writeFile(schema, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
await writeFile(new URL("../docs/permissions.md", import.meta.url), permissionReference());
