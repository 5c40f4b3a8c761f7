/**
 * The licences of what the build bundles into `dist/`, as their authors ask for: one file beside the bundles.
 *
 * Follows the dependencies of the bundled packages as they are installed; names one that has no licence file.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Packages of the host that are bundled too: the page's view, the isolates' fetch classes, what plugins are given. */
const ALSO_BUNDLED = ["hono", "undici", "valibot", "@cfworker/json-schema"];

export function writeNotices({ root, outDir }) {
  const names = new Set();
  const follow = (name) => {
    const manifest = join(root, "node_modules", name, "package.json");
    if (names.has(name) || !existsSync(manifest)) return;
    names.add(name);
    // isolated-vm is a binary: what its package depends on only builds it.
    if (name === "isolated-vm") return;
    for (const next of Object.keys(read(manifest).dependencies ?? {})) follow(next);
  };
  const manifests = [join(root, "dev", "bundled", "package.json"), ...pluginManifests(root)];
  for (const manifest of manifests)
    for (const name of Object.keys(read(manifest).dependencies ?? {})) follow(name);
  for (const name of ALSO_BUNDLED) follow(name);
  const notices = [...names].sort().map((name) => noticeOf(join(root, "node_modules", name)));
  writeFileSync(join(outDir, "THIRD-PARTY-NOTICES.txt"), notices.join(`\n${"-".repeat(80)}\n\n`));
}

function pluginManifests(root) {
  const folders = ["tools", "channels", "skills"].map((kind) => join(root, "plugins", kind));
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .map((name) => join(folder, name, "package.json"))
      .filter((file) => existsSync(file)),
  );
}

function noticeOf(folder) {
  const { name, version, license } = read(join(folder, "package.json"));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry));
  const text =
    file === undefined
      ? "(the package has no licence file)"
      : readFileSync(join(folder, file), "utf8").trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}

function read(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
