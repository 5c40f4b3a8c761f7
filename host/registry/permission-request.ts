/**
 * Whether a version of a plugin may be used, and with which rights. Pure.
 *
 * Guarantees: no permissions asked, none held; a plugin of the release holds what the release grants and it
 * asks for; anyone else's holds what the owner granted to exactly this request. A yes to a plugin that was
 * dropped in is a yes to its code too, so that changed code asks again; an installed one is pinned anyway.
 */
import { canonicalJson } from "#manifests/canonical.ts";
import type { Permissions } from "#manifests/permissions.ts";
import { intersectRights, missingLines, NO_RIGHTS, type Rights, rightLines } from "#manifests/rights.ts";
import { visible } from "#host/base/visible.ts";
import { sha256 } from "./folder.ts";
import { sourceInWords } from "./provenance.ts";
import type { GrantRecord, Provenance } from "./records.ts";
import type { PluginOrigin } from "#host/base/plugin.ts";
import type { PluginVersion } from "./version.ts";

export type Use =
  /** It may be used and holds these rights. */
  | { readonly may: "use"; readonly rights: Rights }
  /** It may not be used before the owner answers this request. */
  | { readonly may: "wait"; readonly requestHash: string }
  /** The owner said no to this request. */
  | { readonly may: "not"; readonly requestHash: string };

export interface UseQuestion {
  readonly origin: PluginOrigin;
  readonly version: PluginVersion;
  /** The owner's answers about this plugin. */
  readonly grants: readonly GrantRecord[];
  /** What the release grants; undefined where it has no say. */
  readonly release: Permissions | undefined;
}

export function decideUse({ origin, version, grants, release }: UseQuestion): Use {
  const asked = version.manifest.permissions;
  if (askedLines(version).length === 0)
    return { may: "use", rights: { ...NO_RIGHTS, limits: asked?.limits ?? {} } };
  const requestHash = requestHashOf(origin, version);
  const answer = grants.find((grant) => grant.requestHash === requestHash);
  if (answer?.decision === "denied") return { may: "not", requestHash };
  if (answer?.decision === "granted") return { may: "use", rights: intersectRights(asked, asked) };
  if (origin === "builtin" && release !== undefined)
    return { may: "use", rights: intersectRights(asked, release) };
  return { may: "wait", requestHash };
}

/**
 * SHA-256 (hex) of exactly what the owner is asked: the plugin, its request and, if it is pinned, where it came
 * from; else its code.
 */
export function requestHashOf(origin: PluginOrigin, version: PluginVersion): string {
  const { id, permissions } = version.manifest;
  const code = origin === "dropped" ? version.sourceHash : null;
  return sha256(canonicalJson({ id, permissions, code, ...version.provenance }));
}

/** What the owner answers: every right, and what it takes over. Empty for a version that needs no answer. */
export function askedLines({ manifest, provenance }: PluginVersion): string[] {
  return [...rightLines(manifest.permissions, manifest.id), ...takeoverLines(provenance)];
}

function takeoverLines(provenance: Provenance | null): string[] {
  if (provenance === null || provenance.over === null) return [];
  const { source, over } = provenance;
  return [
    `takes over the rights, secrets and data of ${sourceInWords(over)}; it comes from ${sourceInWords(source)}`,
  ];
}

/** What the owner reads before the answer: every right, new ones marked, and the files that changed. */
export function requestLines(version: PluginVersion, serving: PluginVersion | null): string[] {
  const { id, permissions: asked } = version.manifest;
  if (serving === null || serving === version) return askedLines(version);
  const added = new Set(missingLines(asked, serving.manifest.permissions, id));
  const gone = missingLines(serving.manifest.permissions, asked, id);
  return [
    ...rightLines(asked, id).map((line) => (added.has(line) ? `+ ${line}` : line)),
    ...gone.map((line) => `- ${line}`),
    ...takeoverLines(version.provenance),
    // A file's name may hold a line break, and would then say what it likes.
    ...changedFiles(serving.files, version.files).map(visible),
  ];
}

/** `changed main.ts`, `added x.ts`, `removed y.ts`, in the order of paths. */
export function changedFiles(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.flatMap((path) => {
    if (before[path] === after[path]) return [];
    if (before[path] === undefined) return [`added ${path}`];
    return [after[path] === undefined ? `removed ${path}` : `changed ${path}`];
  });
}
