/**
 * A place where a plugin stands: one folder, what is in it now, and the version that serves.
 *
 * The two differ while an update waits for the owner, and while what is in the folder is broken: then the
 * earlier version serves on, with the rights that it had. Pure but for the slot itself.
 */
import type { JsonObject } from "#host/base/json.ts";
import type { PluginCode } from "#host/sandbox/contract.ts";
import type { Permissions } from "#manifests/permissions.ts";
import { NO_RIGHTS, type Rights } from "#manifests/rights.ts";
import type { Blobs } from "./blobs.ts";
import type { Root } from "./discover.ts";
import { decideUse, type Use } from "./permission-request.ts";
import type { GrantRecord, PinRecord } from "./records.ts";
import type { PluginOrigin } from "#host/base/plugin.ts";
import { codeOf, type PluginVersion } from "./version.ts";

/** The owner's settings of one plugin. */
export interface PluginSettings {
  readonly enabled: boolean;
  readonly config: JsonObject;
}

export interface Slot {
  /** Absolute path. */
  readonly folder: string;
  readonly root: Root;
  /** The manifest's id, or the folder's name as long as no manifest could be read. */
  id: string;
  origin: PluginOrigin;
  pinned: PinRecord | null;
  /** What the release grants; undefined where it has no say. */
  release: Permissions | undefined;
  settings: PluginSettings;
  /** What the folder holds now; null if that is broken. */
  latest: PluginVersion | null;
  /** May `latest` be used? Null if there is none. */
  use: Use | null;
  serving: PluginVersion | null;
  /** Rights of `serving`. */
  rights: Rights;
  /** `serving` as the sandbox takes it; null if there is no code to run or the plugin is switched off. */
  code: PluginCode | null;
  /** What is wrong with the folder as it is now. */
  problem: string | null;
  /** What is wrong with the owner's settings for it; it is not run with wrong ones. */
  settingsProblem: string | null;
  /** Who came first has the lower number. */
  readonly seniority: number;
}

export function createSlot(
  place: Pick<Slot, "folder" | "root" | "id" | "origin" | "pinned" | "settings" | "seniority">,
): Slot {
  return {
    ...place,
    release: undefined,
    latest: null,
    use: null,
    serving: null,
    rights: NO_RIGHTS,
    code: null,
    problem: null,
    settingsProblem: null,
  };
}

/**
 * Brings the slot to what its newest version and the owner's answers allow. True if other code
 * serves now than before.
 */
export function settleSlot(slot: Slot, grants: readonly GrantRecord[], blobs: Blobs): boolean {
  const before = slot.code?.hash;
  const { origin, release } = slot;
  if (slot.latest !== null) {
    slot.use = decideUse({ origin, version: slot.latest, grants, release });
    if (slot.use.may === "use") slot.serving = slot.latest;
    // The very version that served may have lost its grant.
    else if (isSame(slot.serving, slot.latest)) slot.serving = null;
  } else slot.use = null;
  if (slot.serving !== null) {
    const use = decideUse({ origin, version: slot.serving, grants, release });
    if (use.may === "use") slot.rights = use.rights;
    else slot.serving = null;
  }
  if (slot.serving === null) slot.rights = NO_RIGHTS;
  slot.code = makeCode(slot, blobs);
  return slot.code?.hash !== before;
}

/** The same sources from elsewhere may have brought other packages. */
function isSame(serving: PluginVersion | null, latest: PluginVersion): boolean {
  const { sourceHash, provenance } = latest;
  return serving?.sourceHash === sourceHash && serving.provenance?.source === provenance?.source;
}

function makeCode(slot: Slot, blobs: Blobs): PluginCode | null {
  const { serving, settings, rights } = slot;
  if (serving === null || serving.bundleHash === null) return null;
  if (!settings.enabled || slot.settingsProblem !== null) return null;
  const code = codeOf(serving.manifest, serving.bundleHash, blobs);
  return { ...code, trustGroup: trustGroupOf(slot), config: settings.config, wasm: rights.wasm };
}

/** Who holds rights shares no process with others; what can reach nothing may share one. */
function trustGroupOf({ id, origin, rights }: Slot): string {
  if (origin === "builtin") return "builtin";
  const { limits: _limits, ...reach } = rights;
  const reaches = Object.values(reach).some((right) =>
    Array.isArray(right) ? right.length > 0 : right !== null && right !== false,
  );
  return reaches ? `plugin:${id}` : "rightless";
}
