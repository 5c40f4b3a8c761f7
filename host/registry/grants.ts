/**
 * The owner's answers to plugins' requests.
 *
 * Guarantees that an answer is for the request as it stood when it was asked, by its hash. Refuses to
 * grant what a plugin does not ask for, and to grant what nobody could read.
 */
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import { rightLines } from "#manifests/rights.ts";
import { requestHashOf } from "./permission-request.ts";
import type { GrantRecord, GrantRecords } from "./records.ts";
import type { Slot } from "./slot.ts";
import type { PluginVersion } from "./version.ts";

export interface Grants {
  remember(stored: readonly GrantRecord[]): void;
  of(pluginId: string): readonly GrantRecord[];
  /** Answers what the newest version asks. Rejects with `request.invalid` or `plugin.broken`. */
  answer(slot: Slot, decision: GrantRecord["decision"]): Promise<void>;
  /** Takes back what the plugin holds: the newest version's request and that of the one that serves. */
  revoke(slot: Slot): Promise<void>;
  forget(pluginId: string): Promise<void>;
}

export function createGrants(records: GrantRecords, clock: Clock): Grants {
  const byPlugin = new Map<string, GrantRecord[]>();

  async function save(slot: Slot, version: PluginVersion, decision: GrantRecord["decision"]): Promise<void> {
    const record: GrantRecord = {
      pluginId: slot.id,
      requestHash: requestHashOf(slot.origin, version),
      decision,
      permissions: JSON.parse(JSON.stringify(version.manifest.permissions ?? {})) as JsonObject,
      decidedAt: clock.now(),
    };
    await records.save(record);
    const others = (byPlugin.get(slot.id) ?? []).filter((one) => one.requestHash !== record.requestHash);
    byPlugin.set(slot.id, [...others, record]);
  }
  return {
    remember(stored) {
      for (const grant of stored)
        byPlugin.set(grant.pluginId, [...(byPlugin.get(grant.pluginId) ?? []), grant]);
    },
    of: (pluginId) => byPlugin.get(pluginId) ?? [],
    async answer(slot, decision) {
      const version = slot.latest;
      const verb = decision === "granted" ? "grant" : "deny";
      if (version === null) {
        throw new HostError(
          "plugin.broken",
          `Cannot ${verb} "${slot.id}": ${slot.problem ?? "it cannot be read"}`,
        );
      }
      if (!asksForRights(version)) {
        throw new HostError("request.invalid", `Cannot ${verb} "${slot.id}": it asks for no rights`);
      }
      await save(slot, version, decision);
    },
    async revoke(slot) {
      const held = [slot.serving, slot.latest].filter(
        (version) => version !== null && asksForRights(version),
      );
      if (held.length === 0) {
        throw new HostError("request.invalid", `Cannot revoke "${slot.id}": it holds no rights`, {
          fix: `To take it out, use: openclaw plugin remove ${slot.id}`,
        });
      }
      for (const version of held) if (version !== null) await save(slot, version, "denied");
    },
    async forget(pluginId) {
      byPlugin.delete(pluginId);
      await records.removeAll(pluginId);
    },
  };
}

function asksForRights({ manifest }: PluginVersion): boolean {
  return rightLines(manifest.permissions).length > 0;
}
