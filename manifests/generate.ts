/** Writes `plugin.schema.json` beside this file. Run it after a change of the manifest's schema. */
import { writeFile } from "node:fs/promises";
import { manifestJsonSchema } from "./json-schema.ts";

const target = new URL("./plugin.schema.json", import.meta.url);
await writeFile(target, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
