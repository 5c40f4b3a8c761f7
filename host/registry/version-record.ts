/** A version as the store keeps it, and back. A record that is not understood is as good as none. */
import * as v from "valibot";
import type { JsonObject } from "#host/base/json.ts";
import { ChannelAnswer } from "#host/sandbox/answers.ts";
import { ManifestSchema } from "#manifests/manifest.ts";
import type { VersionRecord } from "./records.ts";
import type { PluginVersion } from "./version.ts";

const Description = v.object({
  kind: v.picklist(["tool", "skill", "channel", "routes"]),
  tools: v.array(
    v.object({ name: v.string(), description: v.string(), parameters: v.record(v.string(), v.unknown()) }),
  ),
  channel: v.exactOptional(ChannelAnswer),
  routes: v.exactOptional(v.boolean()),
});

const names = v.array(v.string());
const line = v.nullable(v.string());

const Skill = v.object({
  name: v.string(),
  description: v.string(),
  license: line,
  compatibility: line,
  homepage: line,
  emoji: line,
  allowedTools: names,
  modelMayUse: v.boolean(),
  userMayCall: v.boolean(),
  commandTool: line,
  needs: v.object({ bins: names, anyBins: names, env: names, config: names, os: names }),
  always: v.boolean(),
  primaryEnv: line,
  skillKey: v.string(),
  install: v.array(v.object({ id: v.string(), kind: v.string(), label: v.string(), bins: names })),
  textHash: v.string(),
});

const Stored = v.object({
  manifest: ManifestSchema,
  description: v.nullable(Description),
  skill: v.optional(Skill),
  provenance: v.optional(v.object({ source: v.string(), over: v.nullable(v.string()) })),
});

export function toVersionRecord(version: PluginVersion): VersionRecord {
  const { manifest, fingerprint, sourceHash, toolchain, files, description, skill, provenance } = version;
  return {
    version: manifest.version ?? "0.0.0",
    manifest: asJson(manifest),
    fingerprint,
    sourceHash,
    bundleHash: version.bundleHash ?? "",
    toolchain,
    files,
    description: description === null ? null : asJson(description),
    ...(skill === null ? {} : { skill: asJson(skill) }),
    ...(provenance === null ? {} : { provenance }),
  };
}

export function fromVersionRecord(record: VersionRecord | null): PluginVersion | null {
  if (record === null) return null;
  const parsed = v.safeParse(Stored, record);
  if (!parsed.success) return null;
  const { fingerprint, sourceHash, bundleHash, toolchain, files } = record;
  const { manifest, description, skill = null, provenance = null } = parsed.output;
  const code = bundleHash === "" ? null : bundleHash;
  const made = { fingerprint, sourceHash, bundleHash: code, toolchain, files };
  return { manifest, ...made, description, skill, provenance };
}

/** These types hold nothing but JSON; the compiler cannot know it of optional and unknown members. */
function asJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
