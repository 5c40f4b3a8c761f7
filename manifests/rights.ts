/**
 * What a plugin may do: what its manifest asks for, cut with what was granted.
 *
 * Pure. A right exists only where the same line stands on both sides, so widening one always takes two
 * visible edits: the plugin's manifest, and the grant (the release's, or the owner's).
 */
import { canonicalJson } from "./canonical.ts";
import type { Permissions } from "./permissions.ts";
import { routeLine } from "./routes.ts";
import { secretLine } from "./secrets.ts";

/** Every list is present; an empty one means nothing. */
export interface Rights {
  readonly domains: readonly string[];
  readonly tcp: readonly string[];
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly commands: readonly NonNullable<Permissions["commands"]>[number][];
  readonly secrets: readonly NonNullable<Permissions["secrets"]>[number][];
  readonly routes: readonly NonNullable<Permissions["routes"]>[number][];
  readonly llm: { readonly maxTokensPerDay: number } | null;
  readonly wasm: boolean;
  readonly limits: NonNullable<Permissions["limits"]>;
}

export const NO_RIGHTS: Rights = {
  domains: [],
  tcp: [],
  read: [],
  write: [],
  commands: [],
  secrets: [],
  routes: [],
  llm: null,
  wasm: false,
  limits: {},
};

/** One line of a request or grant, as a person reads it: `domain api.example.org`, `read $WORKSPACE`. */
export type RightLine = string;

/** The rights that both sides name. Limits are the plugin's own bounds and need no grant. */
export function intersectRights(asked: Permissions | undefined, granted: Permissions | undefined): Rights {
  if (asked === undefined) return NO_RIGHTS;
  return {
    domains: common(asked.domains, granted?.domains),
    tcp: common(asked.tcp, granted?.tcp),
    read: common(asked.paths?.read, granted?.paths?.read),
    write: common(asked.paths?.write, granted?.paths?.write),
    commands: common(asked.commands, granted?.commands),
    secrets: common(asked.secrets, granted?.secrets),
    routes: common(asked.routes, granted?.routes),
    llm:
      asked.llm !== undefined && granted?.llm !== undefined
        ? { maxTokensPerDay: Math.min(asked.llm.maxTokensPerDay, granted.llm.maxTokensPerDay) }
        : null,
    wasm: asked.wasm === true && granted?.wasm === true,
    limits: asked.limits ?? {},
  };
}

/** Every right that a block names, one line each, in a stable order. Limits are not rights. `pluginId` is for addresses. */
export function rightLines(permissions: Permissions | undefined, pluginId = "ID"): RightLine[] {
  return plainLines(permissions, pluginId).map(visible);
}

/** Of right lines, the hosts that they open: patterns of `domains` and of `tcp`. */
export function hostPatternsIn(lines: readonly RightLine[]): string[] {
  return lines.flatMap((line) => /^(?:domain|tcp) (.+)$/.exec(line)?.slice(1) ?? []);
}

/** An author must not make one line look like two, or like another: what cannot be seen is spelt out. */
function visible(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

function plainLines(permissions: Permissions | undefined, pluginId: string): RightLine[] {
  if (permissions === undefined) return [];
  return [
    ...(permissions.domains ?? []).map((domain) => `domain ${domain}`),
    ...(permissions.tcp ?? []).map((target) => `tcp ${target}`),
    ...(permissions.paths?.read ?? []).map((path) => `read ${path}`),
    ...(permissions.paths?.write ?? []).map((path) => `write ${path}`),
    ...(permissions.commands ?? []).map(
      (command) =>
        `command ${[command.command, ...(command.args ?? []).map(argument)].join(" ")}${envSuffix(command.env)}`,
    ),
    ...(permissions.secrets ?? []).map(secretLine),
    ...(permissions.routes ?? []).map((route) => routeLine(route, pluginId)),
    ...(permissions.llm === undefined ? [] : [`llm ${permissions.llm.maxTokensPerDay} tokens a day`]),
    ...(permissions.wasm === true ? ["wasm"] : []),
  ];
}

/** Lines of `asked` that `granted` lacks. */
export function missingLines(
  asked: Permissions | undefined,
  granted: Permissions | undefined,
  pluginId?: string,
): RightLine[] {
  const have = new Set(rightLines(granted, pluginId));
  return rightLines(asked, pluginId).filter((line) => !have.has(line));
}

/** Quoted where it would read as several, as none, or as what stands behind the arguments. */
function argument(pattern: string): string {
  return /^[^\s"\\()]+$/.test(pattern) ? pattern : JSON.stringify(pattern);
}

function envSuffix(env: readonly string[] | undefined): string {
  return env === undefined || env.length === 0 ? "" : ` (env ${env.join(", ")})`;
}

function common<Entry>(asked: readonly Entry[] = [], granted: readonly Entry[] = []): Entry[] {
  const have = new Set(granted.map(canonicalJson));
  return asked.filter((entry) => have.has(canonicalJson(entry)));
}
