/**
 * The URL parser of the child's Node, which knows every rule and the tables for host names that are not ASCII; in the
 * snapshot they would be its largest part. It is asked with copied text and answers with copied text.
 */
import { askInTurn } from "./turn.ts";
import type { UrlPart } from "./door-protocol.ts";

/** In the order in which the child answers. */
const PARTS = [
  "href",
  "origin",
  "protocol",
  "username",
  "password",
  "host",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
] as const;

export type UrlParts = Readonly<Record<(typeof PARTS)[number], string>>;

/** What the door lets through in one message, with room for what JSON adds. */
const MAX_CHARS = 160 * 1024;
/** A long `data:` URL that needs no parsing. */
const PLAIN_DATA = /^data:[!$&-;=@-Z_a-z~]+$/;

/** Null for what is no URL. */
export function parseUrl(url: string, base: string | null): UrlParts | null {
  if (url.length > MAX_CHARS) return longUrl(url);
  if ((base?.length ?? 0) > MAX_CHARS) return null;
  return partsOf(askInTurn({ t: "url.parse", url, base }));
}

/** Null if the part was refused, which leaves the URL as it was. */
export function setUrlPart(href: string, part: UrlPart, value: string): UrlParts | null {
  if (href.length > MAX_CHARS || value.length > MAX_CHARS) return null;
  return partsOf(askInTurn({ t: "url.set", href, part, value }));
}

function longUrl(url: string): UrlParts | null {
  if (!PLAIN_DATA.test(url)) return null;
  const empty = { username: "", password: "", host: "", hostname: "", port: "", search: "", hash: "" };
  return { ...empty, href: url, origin: "null", protocol: "data:", pathname: url.slice("data:".length) };
}

/** The parts come in lines: no part of a URL has a line break in it. */
function partsOf(answer: unknown): UrlParts | null {
  if (typeof answer !== "string") return null;
  const lines = answer.split("\n");
  return Object.fromEntries(PARTS.map((part, index) => [part, lines[index] ?? ""])) as unknown as UrlParts;
}
