/**
 * What a refused effect would need: the manifest's `permissions` as they would have to read.
 *
 * Pure. Adds the narrowest right that covers the effect to what is declared already, and changes nothing else.
 * Null where no manifest could allow it: a path outside of every root, an address that is none. A secret's place is
 * a guess that only its author can make right, and `isGuess` says so.
 */
import * as v from "valibot";
import type { EffectRequest } from "#host/base/effect.ts";
import { entryFor } from "#manifests/commands.ts";
import { parseHost, showHost } from "#manifests/domains.ts";
import { PermissionsSchema, type Permissions } from "#manifests/permissions.ts";

export interface MissingRight {
  readonly permissions: Permissions;
  /** True if the line names the right but not yet the right place. */
  readonly isGuess: boolean;
}

type Secret = NonNullable<Permissions["secrets"]>[number];

const EXAMPLE_DOMAIN = "api.example.org";

export function missingRight(declared: Permissions = {}, request: EffectRequest): MissingRight | null {
  const missing = rightFor(declared, request);
  return missing !== null && v.is(PermissionsSchema, missing.permissions) ? missing : null;
}

function rightFor(declared: Permissions, request: EffectRequest): MissingRight | null {
  switch (request.kind) {
    case "http.request":
    case "socket.open":
      return sure(withDomain(declared, webAddress(request.url)));
    case "socket.tcp":
      return sure(withTcp(declared, request.host, request.port));
    case "command.run":
      return sure({ ...declared, commands: added(declared.commands, entryFor(request)) });
    case "file.read":
    case "file.stat":
    case "file.list":
      return sure(withFolder(declared, "read", folderOf(request.path, request.kind === "file.list")));
    case "file.write":
    case "file.mkdir":
    case "file.remove":
      return sure(withFolder(declared, "write", folderOf(request.path, false)));
    case "file.rename": {
      const source = withFolder(declared, "write", folderOf(request.path, false));
      return sure(source && withFolder(source, "write", folderOf(request.to, false)));
    }
    case "secret.use":
      return { permissions: withSlot(declared, request.name), isGuess: true };
    case "secret.hmac":
      return sure(withSecret(declared, { name: request.name, use: "hmac" }));
    case "secret.reveal":
      return sure(withSecret(declared, { name: request.name, use: "held" }));
    default:
      return null;
  }
}

/** One line, as it stands in `openclaw.plugin.json`. */
export function permissionsLine(permissions: Permissions): string {
  return `"permissions": ${JSON.stringify(permissions)}`;
}

function sure(permissions: Permissions | null): MissingRight | null {
  return permissions === null ? null : { permissions, isGuess: false };
}

function withDomain(declared: Permissions, domain: string | null): Permissions | null {
  return domain === null ? null : { ...declared, domains: added(declared.domains, domain) };
}

/** `https:` and `http:` on their own ports need none in the manifest. */
function webAddress(text: string): string | null {
  const url = URL.parse(text);
  const address = url === null ? null : parseHost(url.href);
  return address === null ? null : showHost(address);
}

function withTcp(declared: Permissions, name: string, port: number): Permissions | null {
  const address = parseHost(name);
  if (address === null) return null;
  return { ...declared, tcp: added(declared.tcp, showHost({ host: address.host, port })) };
}

function withFolder(
  declared: Permissions,
  access: "read" | "write",
  folder: string | null,
): Permissions | null {
  if (folder === null) return null;
  const { paths = {} } = declared;
  return { ...declared, paths: { ...paths, [access]: added(paths[access], folder) } };
}

/** The folder under one of the manifest's roots; a relative path stands in the workspace. */
function folderOf(path: string, isFolder: boolean): string | null {
  if (path.startsWith("/") || path.split("/").includes("..")) return null;
  const rooted = /^(?:\$STATE|\$WORKSPACE|\$PLUGIN|~)(?:\/|$)/.test(path) ? path : `$WORKSPACE/${path}`;
  const parts = rooted.split("/").filter((part) => part !== "" && part !== ".");
  return (isFolder || parts.length === 1 ? parts : parts.slice(0, -1)).join("/");
}

function withSlot(declared: Permissions, name: string): Permissions {
  const domain = declared.domains?.find((each) => each !== "ask") ?? EXAMPLE_DOMAIN;
  const slot = { in: "header", name: "authorization", format: "Bearer {}" } as const;
  return withSecret({ ...declared, domains: added(declared.domains, domain) }, { name, slot, domain });
}

function withSecret(declared: Permissions, secret: Secret): Permissions {
  return { ...declared, secrets: added(declared.secrets, secret) };
}

function added<Entry>(entries: readonly Entry[] = [], entry: Entry): Entry[] {
  return typeof entry === "string" && entries.includes(entry) ? [...entries] : [...entries, entry];
}
