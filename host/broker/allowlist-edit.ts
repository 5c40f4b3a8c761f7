/**
 * Changes to the operator's allowlist, as text: comments, blank lines and the order of the rest stay.
 *
 * Pure. Refuses what is no dstdomain, what the list lets through already, and what it does not have. An entry
 * that a wider one now covers leaves the list: Squid ends with an error over some lists that overlap.
 */
import { HostError } from "#host/base/errors.ts";
import { parseHost, showHost } from "#manifests/domains.ts";
import { entryContains, toDstdomain } from "#manifests/dstdomain.ts";
import { parseAllowlist } from "./allowlist.ts";

export interface AllowlistEdit {
  readonly text: string;
  readonly added: readonly string[];
  /** Entries that are not in the list any more. */
  readonly removed: readonly string[];
}

/** Adds all of them or, if one cannot be added, none: then it throws a HostError `request.invalid`. */
export function addToAllowlist(text: string, domains: readonly string[]): AllowlistEdit {
  parseAllowlist(text);
  return domains.reduce(addOne, { text, added: [], removed: [] } as AllowlistEdit);
}

export function removeFromAllowlist(text: string, domain: string): AllowlistEdit {
  const entries = parseAllowlist(text);
  const entry = toEntry(domain, "remove");
  if (entries.includes(entry)) return { text: without(text, [entry]), added: [], removed: [entry] };
  const wider = entries.find((one) => entryContains(one, entry));
  throw new HostError("request.invalid", `Cannot remove "${entry}": it is not on the allowlist`, {
    fix: wider === undefined ? "See: openclaw allowlist show" : `"${wider}" covers it; remove that one`,
  });
}

/** The entry that a person means. Throws a HostError `request.invalid` that says what to write. */
export function toEntry(domain: string, doing: "add" | "remove" | "check"): string {
  const entry = toDstdomain(domain.trim());
  if (entry !== null) return entry;
  throw new HostError("request.invalid", `Cannot ${doing} "${domain}": not a Squid dstdomain`, {
    fix: `Write ${meant(domain) ?? '"api.example.org", or ".example.org" for it and all below'}`,
  });
}

function addOne(edit: AllowlistEdit, domain: string): AllowlistEdit {
  const entry = toEntry(domain, "add");
  const entries = parseAllowlist(edit.text);
  const wider = entries.find((one) => entryContains(one, entry));
  if (wider !== undefined) {
    const rule =
      wider === entry ? "it is on the allowlist already" : `"${wider}" on the allowlist covers it already`;
    throw new HostError("request.invalid", `Cannot add "${entry}": ${rule}`, {
      fix: "See: openclaw allowlist show",
    });
  }
  const covered = entries.filter((one) => entryContains(entry, one));
  const kept = without(edit.text, covered);
  const gap = kept === "" || kept.endsWith("\n") ? "" : "\n";
  return {
    text: `${kept}${gap}${entry}\n`,
    added: [...edit.added.filter((one) => !covered.includes(one)), entry],
    removed: [...edit.removed, ...covered.filter((one) => !edit.added.includes(one))],
  };
}

function without(text: string, entries: readonly string[]): string {
  return text
    .split("\n")
    .filter((line) => !entries.includes(line.trim().toLowerCase()))
    .join("\n");
}

/** What somebody meant who wrote an address, a port or a star. */
function meant(domain: string): string | null {
  const star = /^\*(\..+)$/.exec(domain.trim())?.[1];
  if (star !== undefined) return toDstdomain(star) === null ? null : `"${toDstdomain(star)}"`;
  const address = parseHost(domain.trim());
  const entry = address === null ? null : toDstdomain(showHost({ host: address.host, port: null }));
  return entry === null ? null : `"${entry}"`;
}
