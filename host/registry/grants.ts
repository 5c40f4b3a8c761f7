/**
 * The owner's answers to plugins' requests.
 *
 * Guarantees that an answer is for the request as it stood when it was asked, by its hash. Refuses to
 * grant what a plugin does not ask for, and to grant what nobody could read.
 */
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import { askedLines, requestHashOf, requestLines } from "./permission-request.ts";
import type { GrantRecord, GrantRecords } from "./records.ts";
import type { Slot } from "./slot.ts";
import type { PluginVersion } from "./version.ts";

export interface Grants {
  remember(stored: readonly GrantRecord[]): void;
  of(pluginId: string): readonly GrantRecord[];
  /**
   * Gives what the newest version asks, if that is `request`: what the owner was shown. Rejects with `request.stale`,
   * `request.invalid` or `plugin.broken`.
   */
  grant(slot: Slot, request: string): Promise<void>;
  /** Refuses whatever the newest version asks. */
  deny(slot: Slot): Promise<void>;
  /** Takes back what the plugin holds: the newest version's request and that of the one that serves. */
  revoke(slot: Slot): Promise<void>;
  forget(pluginId: string): Promise<void>;
}

/** The rest is read where the plugin is shown. */
const SHOWN_LINES = 20;

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
    async grant(slot, request) {
      const version = askingVersion(slot, "grant");
      if (requestHashOf(slot.origin, version) !== request) throw stale(slot, version);
      await save(slot, version, "granted");
    },
    async deny(slot) {
      await save(slot, askingVersion(slot, "deny"), "denied");
    },
    async revoke(slot) {
      const held = [slot.serving, slot.latest].filter(
        (version) => version !== null && askedLines(version).length > 0,
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

function askingVersion(slot: Slot, verb: "grant" | "deny"): PluginVersion {
  const version = slot.latest;
  if (version === null) {
    throw new HostError(
      "plugin.broken",
      `Cannot ${verb} "${slot.id}": ${slot.problem ?? "it cannot be read"}`,
    );
  }
  if (askedLines(version).length === 0) {
    throw new HostError("request.invalid", `Cannot ${verb} "${slot.id}": it asks for no rights`);
  }
  return version;
}

function stale(slot: Slot, version: PluginVersion): HostError {
  const lines = requestLines(version, slot.serving);
  const more = lines.length > SHOWN_LINES ? [`and ${lines.length - SHOWN_LINES} lines more`] : [];
  const asks = [...lines.slice(0, SHOWN_LINES), ...more].join("; ");
  return new HostError(
    "request.stale",
    `Cannot grant "${slot.id}": that is not what it asks for now, which is: ${asks}`,
    { fix: `Read it with "openclaw plugin info ${slot.id}" and grant what it shows` },
  );
}
