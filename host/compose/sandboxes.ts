/** The sandboxes, from the binaries of this release and a snapshot that is made when it is first needed. */
import type { PerformEffect } from "#host/base/effect.ts";
import type { Log } from "#host/base/log.ts";
import { createAuthorLines } from "#host/registry/author-lines.ts";
import type { Sandboxes } from "#host/sandbox/contract.ts";
import { createLauncher } from "#host/sandbox/launcher.ts";
import { DEFAULT_LIMITS } from "#host/sandbox/limits.ts";
import { createSandboxes } from "#host/sandbox/sandboxes.ts";
import { ensureSnapshot } from "#host/sandbox/snapshot.ts";
import type { Ground } from "./ground.ts";
import { isolatedVmAddon, release, sandboxNode } from "./release.ts";

/** A line that a plugin wrote to its console. */
export type OnConsole = (pluginId: string, level: "debug" | "info" | "warn" | "error", text: string) => void;

/** Console lines go to the host's log where nobody else takes them. */
export function openSandboxes(
  { clock, paths, log }: Ground,
  perform: PerformEffect,
  onConsole: OnConsole = toLog(log.child("plugin")),
): Sandboxes {
  const files = async () => {
    const [node, addon] = [sandboxNode(), isolatedVmAddon()];
    const { edge, snapshotBuilder: builder, child } = release;
    const snapshot = await ensureSnapshot({ node, addon, builder, edge, cacheDir: paths.cache });
    return { node, addon, child, snapshot };
  };
  const lines = createAuthorLines();
  const sandboxes = createSandboxes({
    launcher: createLauncher({ files, limits: DEFAULT_LIMITS }),
    limits: DEFAULT_LIMITS,
    perform,
    clock,
    log: log.child("sandbox"),
    onConsole: (pluginId, level, text) =>
      lines.onConsole(pluginId, text, (line) => onConsole(pluginId, level, line)),
  });
  return lines.around(sandboxes);
}

function toLog(plugins: Log): OnConsole {
  return (pluginId, level, text) => plugins[level](text, { plugin: pluginId });
}
