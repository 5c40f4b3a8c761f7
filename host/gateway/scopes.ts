/** What a client may do: operator scopes, as upstream names and nests them. Pure. */
import type { ConnectParams } from "./protocol/connect.ts";

export type Scope = "operator.read" | "operator.write" | "operator.approvals" | "operator.admin";

/** Admin holds every scope; who may write may read. */
export function hasScope(held: ReadonlySet<string>, needed: Scope): boolean {
  if (held.has(needed) || held.has("operator.admin")) return true;
  return needed === "operator.read" && held.has("operator.write");
}

/** Programs of this machine that upstream trusts with the token alone, without a device identity. */
const WITHOUT_DEVICE: ReadonlySet<string> = new Set(["gateway-client/backend", "cli/cli"]);

/** Pages: they are trusted by their Origin. */
const PAGES: ReadonlySet<string> = new Set(["webchat-ui", "openclaw-control-ui"]);

export function isPage(params: ConnectParams): boolean {
  return PAGES.has(params.client.id);
}

/** Scopes of a client that proved no device identity but knows the token. `local`: of this machine. */
export function scopesWithoutDevice(params: ConnectParams, local: boolean): readonly string[] {
  const trusted = local && WITHOUT_DEVICE.has(`${params.client.id}/${params.client.mode}`);
  return isPage(params) || trusted ? params.scopes : [];
}
