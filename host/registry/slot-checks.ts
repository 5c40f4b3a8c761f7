/** What must hold of a slot before its code may run, and how it is called in messages. */
import { basename, dirname, join } from "node:path";
import { asHostError, explain, HostError } from "#host/base/errors.ts";
import type { Sandboxes } from "#host/sandbox/contract.ts";
import { changedFiles } from "./permission-request.ts";
import { checkPluginConfig } from "./plugin-config.ts";
import type { PluginSettings, Slot } from "./slot.ts";
import type { PluginVersion } from "./version.ts";

/** Stands among a pin's files, where no source can stand. */
export const PACKAGES = "node_modules";

/** Throws `plugin.tampered` if an installed folder is not what was installed, naming a file. */
export function checkPin({ id, pinned }: Slot, hashes: Readonly<Record<string, string>>): void {
  if (pinned === null) return;
  const { [PACKAGES]: _packages, ...files } = pinned.files;
  const [first] = changedFiles(files, hashes);
  if (first !== undefined) throw tampered(id, first);
}

/** The same for what its bundle takes from `node_modules`, whenever one is made. */
export function checkPackages({ id, pinned }: Slot, hash: string | null): void {
  if (pinned !== null && (pinned.files[PACKAGES] ?? null) !== hash) throw tampered(id, `changed ${PACKAGES}`);
}

function tampered(id: string, what: string): HostError {
  return new HostError("plugin.tampered", `Cannot use "${id}": it is not what was installed (${what})`, {
    fix: `Install it again, or remove it with: openclaw plugin remove ${id}`,
  });
}

/** An installed plugin brings its packages; a built-in one uses those of the release, above `plugins/`. */
export function packagesOf({ origin, folder, root }: Slot): string | null {
  if (origin === "dropped") return null;
  return origin === "installed" ? folder : dirname(root.path);
}

/** Why the owner's settings cannot be used with this version, or null. */
export async function settingsProblemOf(
  version: PluginVersion,
  settings: PluginSettings,
  sandboxes: Pick<Sandboxes, "callTool" | "retire">,
): Promise<string | null> {
  try {
    await checkPluginConfig(version.manifest, settings.config, sandboxes);
    return null;
  } catch (error) {
    return explain(asHostError(error));
  }
}

/** `plugins/dice`: enough to find it, without telling where on this machine. */
export function placeOf({ folder }: Slot): string {
  return join(basename(dirname(folder)), basename(folder));
}
