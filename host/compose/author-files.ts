/** Files that editors need of a plugin, made from where this release lies. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeEditorFiles, type EditorPaths } from "#host/author/editor-files.ts";
import { TYPES_FILE } from "#host/author/manifest-types.ts";
import { release } from "./release.ts";

export function editorPaths(): EditorPaths {
  return {
    types: {
      "openclaw/sdk": release.sdkEntry,
      "openclaw/sdk/testing": release.testingEntry,
      valibot: join(dirname(release.valibotEntry()), "index.d.mts"),
    },
    schema: release.manifestSchema,
  };
}

/** Keeps them up to date where the author has them; a plugin in plain JavaScript needs none. */
export async function refreshEditorFiles(folder: string): Promise<void> {
  if (existsSync(join(folder, TYPES_FILE))) await writeEditorFiles(folder, editorPaths());
}
