/**
 * Builds the chat page: one script, one style sheet, one HTML file that names both.
 *
 * Plain JavaScript, because it runs before anything else is built. The names carry a hash of the content,
 * so that browsers may keep them for ever; builds of earlier versions are removed.
 */
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const SOURCE = fileURLToPath(new URL("../host/gateway/page/", import.meta.url));

/**
 * Writes `<outDir>/page/index.html`, `app-<hash>.js` and `app-<hash>.css`.
 *
 * @param {{ outDir: string, minify?: boolean }} options
 * @returns {Promise<{ folder: string, files: string[] }>} the folder and the names of what stands in it
 */
export async function buildPage({ outDir, minify = true }) {
  const folder = join(outDir, "page");
  const { outputFiles } = await build({
    entryPoints: { app: join(SOURCE, "main.tsx") },
    outdir: folder,
    entryNames: "[name]-[hash]",
    bundle: true,
    format: "esm",
    target: ["es2022", "chrome111", "firefox111", "safari16.4"],
    jsx: "automatic",
    jsxImportSource: "hono/jsx/dom",
    minify,
    write: false,
    logLevel: "warning",
  });
  const name = (extension) => basename(outputFiles.find((file) => file.path.endsWith(extension)).path);
  const template = await readFile(join(SOURCE, "index.html"), "utf8");
  const html = template.replace("app.js", name(".js")).replace("app.css", name(".css"));

  // A gateway may start meanwhile: what the page names stands there before the page does, and goes after it.
  const files = ["index.html", name(".js"), name(".css")];
  await mkdir(folder, { recursive: true });
  await Promise.all(outputFiles.map((file) => writeFile(file.path, file.contents)));
  await writeFile(join(folder, "index.html"), html);
  const stale = (await readdir(folder)).filter((file) => !files.includes(file));
  await Promise.all(stale.map((file) => rm(join(folder, file))));
  return { folder, files };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPage({ outDir: process.argv[2] ?? "dist" });
}
