/** How a plugin's state is told to people: one word, and one sentence where something is wrong. */
import type { Approval } from "#host/base/approval.ts";
import { rightLines } from "#manifests/rights.ts";
import { askedLines, requestHashOf, requestLines } from "./permission-request.ts";
import type { Slot } from "./slot.ts";
import type { PluginSummary } from "#host/base/plugin.ts";

/** False while a folder is read for the first time: there is nothing to tell of it yet. */
export function isRead({ latest, serving, problem }: Slot): boolean {
  return latest !== null || serving !== null || problem !== null;
}

/** `conflict`: why its tools are left out, although it could serve. `quarantine`: why it is not run any more. */
export function summarize(slot: Slot, conflict: string | null, quarantine: string | null): PluginSummary {
  const version = slot.latest ?? slot.serving;
  const manifest = version?.manifest;
  const settled = stateOf(slot, conflict);
  const state = settled === "ready" && quarantine !== null ? "quarantined" : settled;
  return {
    id: slot.id,
    name: manifest?.name ?? slot.id,
    version: manifest?.version ?? "0.0.0",
    description: manifest?.description ?? version?.skill?.description ?? "",
    kind: kindOf(slot),
    origin: slot.origin,
    state,
    problem:
      state === "quarantined" ? `It crashed repeatedly: ${quarantine}` : problemOf(slot, state, conflict),
    tools: (version?.description?.tools ?? []).map((tool) => tool.name),
    asks: asksOf(slot),
    request: requestOf(slot),
    holds: heldLines(slot),
  };
}

/** The question to the owner that this plugin waits for, or null. */
export function approvalOf(slot: Slot, now: number): Approval | null {
  if (slot.use?.may !== "wait" || slot.latest === null || !slot.settings.enabled) return null;
  const lines = requestLines(slot.latest, slot.serving);
  const count = rightLines(slot.latest.manifest.permissions).length;
  const isOther = (slot.latest.provenance?.over ?? null) !== null;
  const change = isOther
    ? "comes from another source and asks for"
    : slot.serving === null
      ? "asks for"
      : "was changed and asks for";
  return {
    id: `grant:${slot.id}:${slot.use.requestHash.slice(0, 16)}`,
    kind: "grant",
    pluginId: slot.id,
    sessionKey: null,
    runId: null,
    // The id, not the name: an author chooses the name freely.
    title: `"${slot.id}" ${change} ${count === 1 ? "1 right" : `${count} rights`}`.slice(0, 80),
    lines,
    decisions: ["allow-always", "deny"],
    subjectHash: slot.use.requestHash,
    createdAt: now,
    expiresAt: null,
  };
}

function asksOf({ id, latest, serving, use }: Slot): string[] {
  const version = latest ?? serving;
  if (version === null) return [];
  // What it took over once is no question any more.
  return use?.may === "use" ? rightLines(version.manifest.permissions, id) : askedLines(version);
}

/** Names what `asks` says, for the answer. Null where there is nothing to answer. */
function requestOf(slot: Slot): string | null {
  const { latest, origin } = slot;
  return latest === null || asksOf(slot).length === 0 ? null : requestHashOf(origin, latest);
}

function stateOf(slot: Slot, conflict: string | null): PluginSummary["state"] {
  if (!slot.settings.enabled) return "disabled";
  if (slot.problem !== null || slot.settingsProblem !== null || conflict !== null) return "broken";
  // While a changed folder is being read, what served before is what there is.
  if (slot.latest === null) return "ready";
  if (slot.use?.may === "use") return "ready";
  if (slot.serving !== null) return "suspended";
  return slot.use?.may === "not" ? "denied" : "waiting";
}

function problemOf(slot: Slot, state: PluginSummary["state"], conflict: string | null): string | null {
  const serves =
    slot.serving === null
      ? ""
      : `. Version ${slot.serving.manifest.version ?? "0.0.0"}, read earlier, serves on`;
  if (slot.problem !== null) return slot.problem + serves;
  if (slot.settingsProblem !== null || conflict !== null) return slot.settingsProblem ?? conflict;
  if (state === "suspended") {
    return slot.use?.may === "not"
      ? `The owner denied the changed version${serves}`
      : `The changed version waits for the owner${serves}`;
  }
  return state === "waiting" ? "Waits for the owner to grant what it asks for" : null;
}

function kindOf({ latest, serving, root }: Slot): PluginSummary["kind"] {
  const version = latest ?? serving;
  if ((version?.manifest.channels?.length ?? 0) > 0) return "channel";
  const isSkill =
    version === null
      ? root.holds === "skills"
      : version.skill !== null || version.description?.kind === "skill";
  return isSkill ? "skill" : "tool";
}

function heldLines({ id, rights }: Slot): string[] {
  const { read, write, domains, tcp, commands, secrets, routes, llm, wasm } = rights;
  const held = {
    domains: [...domains],
    tcp: [...tcp],
    paths: { read: [...read], write: [...write] },
    commands: [...commands],
    secrets: [...secrets],
    routes: [...routes],
    ...(llm === null ? {} : { llm }),
    wasm,
  };
  return rightLines(held, id);
}
