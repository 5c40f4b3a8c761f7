/** Bundles the built-in plugins into `dist/plugins`, so that nothing is bundled on a user's machine. */
import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { bundlerEntries, release } from "../host/compose/release.ts";
import { createBundler } from "../host/registry/bundle.ts";
import { writePrebuilt } from "../host/registry/prebuilt.ts";

const outDir = join(process.argv[2] ?? "dist", "plugins");
const bundler = createBundler(bundlerEntries());

await rm(outDir, { recursive: true, force: true });
for (const kind of ["channels", "skills", "tools"]) {
  const folder = join(release.builtinPlugins, kind);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory())
      await writePrebuilt(join(folder, entry.name), { outDir, release: release.root, bundler });
  }
}
await bundler.stop();
