/**
 * One version of a plugin: its manifest, its bundle and what the bundle defines, all from one reading of
 * its folder.
 *
 * Guarantees that the tools are exactly those of the manifest's `contracts.tools`, the channel the one of its `channels`,
 * and that who asks for routes answers them. Describing runs the
 * plugin's top level under a name of its own that holds no rights, so that code which waits for the owner
 * can never borrow the rights of the version that serves.
 */
import { HostError } from "#host/base/errors.ts";
import { REGISTRY, SANDBOX } from "#host/base/limits.ts";
import type { PluginCode, PluginDescription, Sandboxes } from "#host/sandbox/contract.ts";
import { formatIssue } from "#manifests/issue.ts";
import { MANIFEST_FILE, type Manifest } from "#manifests/manifest.ts";
import { parseManifest } from "#manifests/parse.ts";
import { parseSkill, type Skill, SKILL_FILE } from "#manifests/skill.ts";
import type { Blobs } from "./blobs.ts";
import type { Bundler } from "./bundle.ts";
import { codeIn } from "./bundle-map.ts";
import { findEntry, PACKED_FILE } from "./entry.ts";
import { type FolderLimits, hashOfHashes, readSources, type Sources } from "./folder.ts";
import type { Provenance } from "./records.ts";

/** Instructions that come with a plugin. */
export interface VersionSkill extends Omit<Skill, "text"> {
  /** What the text stands under in the cache. */
  readonly textHash: string;
}

export interface PluginVersion {
  readonly manifest: Manifest;
  readonly fingerprint: string;
  readonly sourceHash: string;
  readonly files: Readonly<Record<string, string>>;
  /** Null for a plugin without code. */
  readonly bundleHash: string | null;
  readonly toolchain: string;
  readonly description: PluginDescription | null;
  readonly skill: VersionSkill | null;
  /** Null for what was not installed. */
  readonly provenance: Provenance | null;
}

/** A bundle that was made with the release, if it is of these sources. */
export type Prebuilt = (id: string, sourceHash: string) => Promise<Uint8Array | null>;

export interface VersionDeps {
  readonly blobs: Blobs;
  readonly bundler: Bundler;
  readonly sandboxes: Pick<Sandboxes, "describe" | "retire">;
  readonly limits: FolderLimits;
  readonly prebuilt: Prebuilt;
}

export interface VersionRequest {
  readonly folder: string;
  /** The folder whose `node_modules` may be bundled, or null. */
  readonly packagesFolder: string | null;
  /** Sandbox process in which it is described: one that holds no rights worth having. */
  readonly describeIn: "builtin" | "rightless";
  /** The version that serves now: what did not change is not made again. */
  readonly earlier: PluginVersion | null;
  /** Looks at the sources before anything else does; throws to refuse them. */
  readonly inspect?: (sources: Sources) => void | Promise<void>;
  /**
   * Looks at what came from `node_modules` when a bundle was made: one hash, null where nothing did. Throws to refuse it.
   * Not called for a bundle that was made earlier.
   */
  readonly inspectPackages?: (hash: string | null) => void;
  /** Of an installed folder. */
  readonly provenance?: Provenance | null;
}

/** Rejects with `manifest.invalid`, `plugin.broken`, `plugin.bundle`, or what the sandbox rejects with. */
export async function loadVersion(request: VersionRequest, deps: VersionDeps): Promise<PluginVersion> {
  const sources = await readSources(request.folder, deps.limits);
  await request.inspect?.(sources);
  const manifest = readManifest(sources);
  const toolchain = await deps.bundler.toolchain();
  const bundleHash = await bundleOf(request, sources, manifest, toolchain, deps);
  const description = bundleHash === null ? null : await describe(manifest, bundleHash, request, deps);
  checkTools(manifest, description);
  checkChannel(manifest, description);
  checkRoutes(manifest, description);
  const { hash: sourceHash, hashes: files, fingerprint } = sources;
  const skill = await readSkill(sources, manifest.id, deps.blobs);
  const { provenance = null } = request;
  const made = { fingerprint, sourceHash, files, bundleHash, toolchain };
  return { manifest, ...made, description, skill, provenance };
}

function readManifest(sources: Sources): Manifest {
  const bytes = sources.files.get(MANIFEST_FILE);
  if (bytes === undefined) throw new HostError("manifest.invalid", `Cannot find "${MANIFEST_FILE}"`);
  const parsed = parseManifest(bytes);
  if (parsed.ok) return parsed.manifest;
  throw new HostError("manifest.invalid", parsed.issues.map(formatIssue).join("; "), {
    fix: `Correct ${MANIFEST_FILE}; it is read again when it changes`,
  });
}

async function bundleOf(
  request: VersionRequest,
  sources: Sources,
  manifest: Manifest,
  toolchain: string,
  deps: VersionDeps,
): Promise<string | null> {
  const entry = findEntry(sources.files);
  if (entry === null) return null;
  const { earlier } = request;
  const same = earlier?.sourceHash === sources.hash && earlier.toolchain === toolchain;
  if (same && earlier.bundleHash !== null && (await deps.blobs.has(earlier.bundleHash))) {
    return earlier.bundleHash;
  }
  const { packagesFolder, inspectPackages } = request;
  const packed = entry === PACKED_FILE ? sources.files.get(entry) : undefined;
  const prebuilt = packed ?? (await deps.prebuilt(manifest.id, sources.hash));
  if (prebuilt !== null) return deps.blobs.put(prebuilt);
  const packages = new Map<string, string>();
  const bytes = await deps.bundler.bundle({
    id: manifest.id,
    files: sources.files,
    entry,
    packagesFolder,
    ...(inspectPackages === undefined ? {} : { packages }),
  });
  inspectPackages?.(packages.size === 0 ? null : hashOfHashes(Object.fromEntries(packages)));
  return deps.blobs.put(bytes);
}

async function describe(
  manifest: Manifest,
  bundleHash: string,
  { earlier, describeIn: trustGroup }: VersionRequest,
  deps: VersionDeps,
): Promise<PluginDescription> {
  if (earlier?.bundleHash === bundleHash && earlier.description !== null) return earlier.description;
  const id = describedAs(manifest.id);
  const code = { ...codeOf(manifest, bundleHash, deps.blobs), id, trustGroup, config: {} };
  try {
    return await deps.sandboxes.describe({ ...code, deadlineMs: REGISTRY.describeDeadlineMs });
  } finally {
    deps.sandboxes.retire(id);
  }
}

/** The name under which a plugin is described. No manifest can have it as id, and it holds no rights. */
export function describedAs(id: string): string {
  return `describe:${id}`;
}

/** The bounds that a manifest asks for, within those of the host. */
export function codeOf(
  manifest: Manifest,
  bundleHash: string,
  blobs: Blobs,
): Omit<PluginCode, "trustGroup" | "config"> {
  const asked = manifest.permissions?.limits ?? {};
  return {
    id: manifest.id,
    hash: bundleHash,
    load: async () => codeIn(await blobs.get(bundleHash)),
    bundle: () => blobs.get(bundleHash),
    heapMiB: Math.min(asked.heapMiB ?? SANDBOX.heapMiB, REGISTRY.maxHeapMiB),
    rssMiB: Math.min(asked.rssMiB ?? SANDBOX.rssMiB, SANDBOX.rssMiB),
    cpuSliceMs: Math.min(asked.cpuSliceMs ?? SANDBOX.cpuSliceMs, SANDBOX.cpuSliceMs),
    deadlineMs: Math.min(asked.deadlineMs ?? SANDBOX.callDeadlineMs, REGISTRY.maxDeadlineMs),
    ...(asked.concurrency === undefined ? {} : { concurrency: asked.concurrency }),
    wasm: false,
  };
}

function checkTools(manifest: Manifest, description: PluginDescription | null): void {
  const declared = manifest.contracts?.tools ?? [];
  const defined = (description?.tools ?? []).map((tool) => tool.name);
  const extra = defined.find((name) => !declared.includes(name));
  const absent = declared.find((name) => !defined.includes(name));
  if (extra === undefined && absent === undefined) return;
  const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ") || "no tool";
  throw new HostError(
    "plugin.broken",
    `Cannot use "${manifest.id}": its manifest declares ${list(declared)} and its code defines ${list(defined)}`,
    { fix: `Name the same tools in contracts.tools of ${MANIFEST_FILE} and in the code` },
  );
}

function checkChannel({ id, channels = [] }: Manifest, description: PluginDescription | null): void {
  const defined = description?.channel === undefined ? [] : [description.channel.id];
  if (channels.join() === defined.join()) return;
  const list = (ids: readonly string[]) => ids.map((each) => `"${each}"`).join(", ") || "no channel";
  throw new HostError(
    "plugin.broken",
    `Cannot use "${id}": its manifest declares ${list(channels)} and its code defines ${list(defined)}`,
    { fix: `Name the channel of defineChannel in channels of ${MANIFEST_FILE}, and no other` },
  );
}

function checkRoutes({ id, permissions }: Manifest, description: PluginDescription | null): void {
  const asks = (permissions?.routes ?? []).length > 0;
  const answers = description?.routes === true;
  if (asks === answers) return;
  throw new HostError(
    "plugin.broken",
    asks
      ? `Cannot use "${id}": its manifest asks for routes, and its code has no fetch that would answer them`
      : `Cannot use "${id}": its code has a fetch, and its manifest asks for no route that would reach it`,
    asks
      ? { fix: "Give the default export a fetch, as defineRoutes does" }
      : {
          fix: `Add { "path": "/*", "methods": ["GET"], "verify": "none" } to permissions.routes of ${MANIFEST_FILE}`,
        },
  );
}

async function readSkill(sources: Sources, id: string, blobs: Blobs): Promise<VersionSkill | null> {
  const bytes = sources.files.get(SKILL_FILE);
  if (bytes === undefined) return null;
  if (bytes.length > REGISTRY.maxSkillBytes) {
    throw new HostError(
      "plugin.broken",
      `Cannot use ${SKILL_FILE}: larger than ${REGISTRY.maxSkillBytes} bytes`,
    );
  }
  const parsed = await parseSkill(new TextDecoder().decode(bytes), id);
  if (!parsed.ok) throw new HostError("manifest.invalid", parsed.issues.map(formatIssue).join("; "));
  const { text, ...skill } = parsed.skill;
  return { ...skill, textHash: await blobs.put(new TextEncoder().encode(text)) };
}
