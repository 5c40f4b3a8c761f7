/** A plugin as the command line tells of it. Pure; what a stranger wrote cannot steer the terminal. */
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import { visible } from "#host/base/visible.ts";
import { indented, RENDER } from "./print.ts";

/** `suspended`: an earlier version serves meanwhile. */
export const WAITING = new Set(["waiting", "suspended"]);

export function grantLine(plugin: JsonObject): string {
  return `openclaw plugin grant ${text(plugin.id)} --request ${text(plugin.request)}`;
}

/** All of it: what it is, what it asks for, what it holds, and what its owner has to do. */
export function pluginLines(plugin: JsonObject): string[] {
  return [
    `${text(plugin.id)} ${text(plugin.version)} (${text(plugin.category)}, ${originOf(plugin)}): ${stateOf(plugin)}`,
    ...(text(plugin.description) === "" ? [] : indented([text(plugin.description)])),
    ...section("tools", plugin.tools),
    ...section("asks for", openLines(plugin)),
    ...(WAITING.has(text(plugin.standing)) ? indented([`Granted by: ${grantLine(plugin)}`]) : []),
    ...section("holds", plugin.holds),
    ...section("outside the Squid allowlist", plugin.outsideAllowlist),
    ...waitsForSquid(plugin.outsideAllowlist),
    ...(plugin.unknownToSquid === true ? indented([`Squid does not know this yet. ${RENDER}`]) : []),
  ];
}

function section(title: string, lines: JsonValue | undefined): string[] {
  if (!Array.isArray(lines) || lines.length === 0) return [];
  return [...indented([`${title}:`]), ...indented(lines.map(text), "    ")];
}

function waitsForSquid(domains: JsonValue | undefined): string[] {
  if (!Array.isArray(domains) || domains.length === 0) return [];
  return indented([`It waits for Squid there. Run: openclaw allowlist add ${domains.map(text).join(" ")}`]);
}

/** The protocol has upstream's words, which mean other places there. */
const ORIGINS: Readonly<Record<string, string>> = {
  bundled: "built in",
  workspace: "dropped in",
  global: "installed",
};

export function originOf(plugin: JsonObject): string {
  return ORIGINS[text(plugin.origin)] ?? text(plugin.origin);
}

export function stateOf(plugin: JsonObject): string {
  const problem = text(plugin.problem);
  return problem === "" ? text(plugin.standing) : `${text(plugin.standing)} (${problem})`;
}

export function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? visible(value) : "";
}

/** What it holds already is said there. */
function openLines({ asks, holds }: JsonObject): JsonValue {
  const held = new Set(Array.isArray(holds) ? holds : []);
  return Array.isArray(asks) ? asks.filter((line) => !held.has(line)) : [];
}

/** Secrets that it may use and that nobody has given yet. `secrets`: the answer of `secrets.list`. */
export function unsetLines(plugin: JsonObject, secrets: JsonValue): string[] {
  const id = text(plugin.id);
  const rows = isJsonObject(secrets) && Array.isArray(secrets.secrets) ? secrets.secrets : [];
  return rows
    .filter(isJsonObject)
    .filter((row) => row.pluginId === id && row.setAt === null && row.use !== "capture")
    .flatMap(({ name }) =>
      indented([`${text(name)} is not set yet. Run: openclaw secret set ${id} ${text(name)}`]),
    );
}
