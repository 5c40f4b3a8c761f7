/**
 * A package from the npm registry, by name, for `openclaw plugin install`.
 *
 * Goes through the broker like every effect, under a name of its own that may reach the registry's host and
 * nothing else; it stands in the audit. Guarantees that the bytes are those whose checksum the registry
 * names. Install scripts are never run: nobody unpacks here.
 */
import { createHash } from "node:crypto";
import * as v from "valibot";
import type { EffectRequest, PerformEffect } from "#host/base/effect.ts";
import { HostError } from "#host/base/errors.ts";
import type { BrokerDeps } from "#host/broker/broker.ts";
import { NO_RIGHTS, type Rights } from "#manifests/rights.ts";

/** Under this name downloads stand in the audit. No plugin can have it: ids hold no colon. */
export const INSTALLER = "host:install";

const METADATA_TYPE = "application/vnd.npm.install-v1+json";
const MAX_METADATA_BYTES = 32 * 1024 * 1024;
const MAX_PACKAGE_BYTES = 64 * 1024 * 1024;
/** For one file, however it trickles. */
const DOWNLOAD_LIMIT_MS = 5 * 60_000;

/** The abbreviated metadata of a package, as far as it is read. */
const MetadataSchema = v.object({
  "dist-tags": v.record(v.string(), v.string()),
  versions: v.record(
    v.string(),
    v.object({ dist: v.object({ tarball: v.string(), integrity: v.string() }) }),
  ),
});

const MetadataText = v.pipe(v.string(), v.parseJson(), MetadataSchema);

export interface Installer {
  /** What downloading may reach now: the registry's host, on its port. Nothing before the first download. */
  rights(): ReturnType<BrokerDeps["rightsOf"]>;
  /**
   * A package's archive. `spec` may carry an exact version or a tag: `some-plugin@1.2.0`. Rejects with
   * `request.invalid` or `effect.failed`.
   */
  download(spec: string, perform: PerformEffect): Promise<Uint8Array>;
}

/** `findRegistry` is asked once, at the first download. */
export function createInstaller(findRegistry: () => Promise<string>): Installer {
  let registry: string | null = null;
  return {
    rights() {
      const rights = registry === null ? NO_RIGHTS : registryRights(registry);
      return { rights, folder: null, config: {}, anyNetwork: true };
    },
    async download(spec, perform) {
      registry ??= await findRegistry();
      return fetchPackage(registry, spec, perform);
    },
  };
}

async function fetchPackage(registry: string, spec: string, perform: PerformEffect): Promise<Uint8Array> {
  const { name, wanted } = parseSpec(spec);
  const get = (url: string, accept: string, maxBytes: number) =>
    download(perform, { url, accept, maxBytes, what: spec });
  const text = await get(`${registry}/${name.replace("/", "%2f")}`, METADATA_TYPE, MAX_METADATA_BYTES);
  const metadata = v.safeParse(MetadataText, new TextDecoder().decode(text));
  if (!metadata.success) throw failed(spec, "the registry's answer has another form than expected");
  const version = metadata.output["dist-tags"][wanted] ?? wanted;
  const dist = metadata.output.versions[version]?.dist;
  if (dist === undefined)
    throw new HostError(
      "request.invalid",
      `Cannot install "${spec}" from npm: the package has no version "${wanted}"`,
      { fix: `See its versions with: npm view ${name} versions` },
    );
  const bytes = await get(dist.tarball, "*/*", MAX_PACKAGE_BYTES);
  if (!matches(bytes, dist.integrity))
    throw failed(spec, "what arrived has another checksum than the registry names");
  return bytes;
}

/** A registry's host, on its port, and nothing else. */
export function registryRights(registry: string): Rights {
  const { hostname, port, protocol } = new URL(registry);
  return { ...NO_RIGHTS, domains: [`${hostname}:${port || (protocol === "http:" ? 80 : 443)}`] };
}

function parseSpec(spec: string): { name: string; wanted: string } {
  const at = spec.indexOf("@", 1);
  return at < 0 ? { name: spec, wanted: "latest" } : { name: spec.slice(0, at), wanted: spec.slice(at + 1) };
}

interface Download {
  readonly url: string;
  readonly accept: string;
  readonly maxBytes: number;
  /** For messages. */
  readonly what: string;
}

async function download(
  perform: PerformEffect,
  { url, accept, maxBytes, what }: Download,
): Promise<Uint8Array> {
  const identity = { plugin: INSTALLER, session: null, run: null, call: null };
  const request: EffectRequest = {
    kind: "http.request",
    method: "GET",
    url,
    headers: [["accept", accept]],
    redirect: "follow",
    hasBody: false,
  };
  const reply = await perform(identity, request, {
    body: nothing(),
    signal: AbortSignal.timeout(DOWNLOAD_LIMIT_MS),
    pauseDeadline: () => () => {},
  });
  if (!reply.ok) throw failed(what, reply.failure.message, reply.failure.fix);
  if (reply.head.status === 404)
    throw new HostError(
      "request.invalid",
      `Cannot install "${what}" from npm: the registry has no package of that name (404 Not Found)`,
      { fix: "Check the name; a folder is named by its path, for example ./my-plugin" },
    );
  if (reply.head.status !== 200 || reply.body === null)
    throw failed(what, `the registry answered ${String(reply.head.status)}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reply.body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw failed(what, `it is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Subresource Integrity, the strongest of which npm writes sha512. */
function matches(bytes: Uint8Array, integrity: string): boolean {
  const wanted = integrity.split(/\s+/).find((entry) => entry.startsWith("sha512-"));
  return wanted === `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
}

function failed(
  spec: string,
  why: string,
  fix = `Or run "npm pack ${spec}" and install the .tgz file`,
): HostError {
  return new HostError("effect.failed", `Cannot install "${spec}" from npm: ${why}`, { fix });
}
