/** `plugin new` and `plugin pack`: from nothing to a folder, and from a folder to one file. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PackedPlugin } from "#host/base/author.ts";
import { HostError } from "#host/base/errors.ts";
import { REGISTRY } from "#host/base/limits.ts";
import { writeEditorFiles } from "#host/author/editor-files.ts";
import { packPlugin } from "#host/author/pack.ts";
import { KINDS, scaffold } from "#host/author/scaffold.ts";
import { createBundler } from "#host/registry/bundle.ts";
import { editorPaths } from "./author-files.ts";
import { bundlerEntries } from "./release.ts";

/** Gives the paths that it wrote. Refuses a folder that holds something. */
export async function createPlugin(kind: string, id: string, folder: string): Promise<readonly string[]> {
  const known = KINDS.find((one) => one === kind);
  if (known === undefined) {
    throw new HostError("request.invalid", `Cannot make a "${kind}": there are ${KINDS.join(", ")}`, {
      fix: `Try: openclaw plugin new tool ${id}`,
    });
  }
  const files = scaffold(known, id);
  const there = await readdir(folder).catch(() => []);
  if (there.length > 0) {
    throw new HostError("request.invalid", `Cannot make a plugin in "${folder}": it is not empty`, {
      fix: "Name a folder that is new, or empty",
    });
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return [...Object.keys(files), ...(await writeEditorFiles(folder, editorPaths()))];
}

export async function pack(folder: string, into: string): Promise<PackedPlugin> {
  const bundler = createBundler(bundlerEntries());
  try {
    return await packPlugin({ folder, into, bundler, limits: REGISTRY });
  } finally {
    await bundler.stop();
  }
}
