/**
 * What the owner does to plugins: answer, take back, install, remove.
 *
 * Guarantees that nothing of the owner's is overwritten but an earlier version of the same plugin, and that
 * nobody looks at the folders while one is put into place or taken away.
 */
import { lstat, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ApprovalDecision } from "#host/base/approval.ts";
import { HostError } from "#host/base/errors.ts";
import type { OpenApprovals } from "./approvals.ts";
import type { InstallRequest, PluginSummary } from "#host/base/plugin.ts";
import type { Root } from "./discover.ts";
import { hashOfHashes } from "./folder.ts";
import type { Grants } from "./grants.ts";
import { INSTALLING, type InstallDeps, stage, type Staged } from "./install.ts";
import { requestHashOf } from "./permission-request.ts";
import type { PluginMemory } from "./plugin-memory.ts";
import { provenanceFor } from "./provenance.ts";
import type { Shelf } from "./shelf.ts";
import type { Slot } from "./slot.ts";
import { PACKAGES } from "./slot-checks.ts";
import type { Turns } from "./turns.ts";
import type { FolderWatch } from "./watch.ts";

export interface OwnerActionsDeps {
  readonly shelf: Shelf;
  readonly grants: Grants;
  readonly memory: PluginMemory;
  readonly approvals: OpenApprovals;
  readonly installing: InstallDeps;
  /** Where installed plugins stand. */
  readonly root: Root;
  readonly watch: Pick<FolderWatch, "tell">;
  readonly exclusive: Turns;
  readonly summaryOf: (slot: Slot) => PluginSummary;
  readonly gone: (folder: string) => Promise<void>;
  readonly forgetData: (pluginId: string) => Promise<void>;
}

export interface OwnerActions {
  grant(pluginId: string, request: string): Promise<PluginSummary>;
  deny(pluginId: string): Promise<PluginSummary>;
  revoke(pluginId: string): Promise<PluginSummary>;
  resolveApproval(id: string, decision: ApprovalDecision): Promise<boolean>;
  install(request: InstallRequest): Promise<PluginSummary>;
  remove(pluginId: string): Promise<void>;
}

interface Installed {
  readonly slot: Slot;
  readonly request: string;
}

export function createOwnerActions(deps: OwnerActionsDeps): OwnerActions {
  const { shelf, grants, summaryOf } = deps;

  /** The plugin of this id, or the folder of this name that no plugin could be read from. */
  function need(pluginId: string): Slot {
    const slot = shelf.slot(pluginId) ?? shelf.slots().find(({ id }) => id === pluginId);
    if (slot !== undefined) return slot;
    throw new HostError("plugin.unknown", `Cannot find the plugin "${pluginId}"`, {
      fix: "See which there are with: openclaw plugin list",
    });
  }

  async function grant(slot: Slot, request: string): Promise<PluginSummary> {
    await grants.grant(slot, request);
    await shelf.resettle(slot, "allow-always");
    return summaryOf(slot);
  }

  async function deny(slot: Slot): Promise<PluginSummary> {
    await grants.deny(slot);
    await shelf.resettle(slot, "deny");
    return summaryOf(slot);
  }

  /** Answers with the slot, and with the request of what was put there. */
  async function commit({
    version: staged,
    source,
    packages,
    commit: putInPlace,
  }: Staged): Promise<Installed> {
    const provenance = provenanceFor(source, shelf.slot(staged.manifest.id));
    const version = { ...staged, provenance };
    const { id } = version.manifest;
    const { root } = deps;
    const folder = join(root.path, id);
    await refuseTaken(id, folder);
    const files = packages === null ? version.files : { ...version.files, [PACKAGES]: packages };
    await deps.memory.pin(id, folder, { hash: hashOfHashes(files), files, provenance });
    await putInPlace();
    const { fingerprint } = version;
    deps.watch.tell(folder, fingerprint);
    await shelf.install({ folder, root, kind: "plugin", fingerprint, changedAt: 0 }, version);
    return { slot: need(id), request: requestHashOf("installed", version) };
  }

  async function refuseTaken(id: string, folder: string): Promise<void> {
    const owner = shelf.slot(id);
    if (owner?.origin === "builtin") {
      throw new HostError(
        "request.invalid",
        `Cannot install "${id}": this release brings a plugin with that id`,
      );
    }
    const there = shelf.slots().find((slot) => slot.folder === folder);
    const inTheWay = owner !== undefined ? owner.folder !== folder : (there?.id ?? id) !== id;
    const unknown = there === undefined && (await lstat(folder).catch(() => null)) !== null;
    if (!inTheWay && !unknown) return;
    throw new HostError(
      "request.invalid",
      `Cannot install "${id}": another folder of the state's plugins is in its way`,
      { fix: `Remove it first; see: openclaw plugin info ${id}` },
    );
  }

  return {
    grant: async (pluginId, request) => grant(need(pluginId), request),
    deny: async (pluginId) => deny(need(pluginId)),
    async revoke(pluginId) {
      const slot = need(pluginId);
      await grants.revoke(slot);
      await shelf.resettle(slot);
      return summaryOf(slot);
    },
    async resolveApproval(id, decision) {
      const approval = deps.approvals.find(id);
      const slot = approval === undefined ? undefined : shelf.slot(approval.pluginId);
      if (slot?.use?.may !== "wait" || slot.use.requestHash !== approval?.subjectHash) return false;
      await (decision === "deny" ? deny(slot) : grant(slot, approval.subjectHash));
      return true;
    },
    async install({ source, yes }) {
      const staged = await stage(source, null, deps.installing);
      try {
        const { slot, request } = await deps.exclusive(() => commit(staged));
        return yes && slot.use?.may !== "use" ? await grant(slot, request) : summaryOf(slot);
      } finally {
        await staged.discard();
      }
    },
    async remove(pluginId) {
      const { folder, origin } = need(pluginId);
      if (origin === "builtin") {
        throw new HostError("request.forbidden", `Cannot remove "${pluginId}": it is part of this release`, {
          fix: `Set plugins.entries.${pluginId}.enabled to false in openclaw.json`,
        });
      }
      await deps.exclusive(async () => {
        const aside = join(dirname(folder), `${INSTALLING}removed-${crypto.randomUUID()}`);
        await rename(folder, aside);
        await deps.gone(folder);
        await grants.forget(pluginId);
        // After the plugin is gone: it cannot write any more.
        await deps.forgetData(pluginId);
        await rm(aside, { recursive: true, force: true });
      });
    },
  };
}
