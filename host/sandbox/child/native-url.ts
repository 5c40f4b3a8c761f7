/**
 * URLs for isolates, parsed by Node. The work is linear in a text that the door bounds; what goes back is copied text.
 */

const SETTABLE = [
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

/** The parts as `host/edge/native-url.ts` reads them; null for what is no URL. */
export function parseUrl(url: string, base: unknown): string | null {
  const parsed = typeof base === "string" ? URL.parse(url, base) : URL.parse(url);
  return parsed === null ? null : linesOf(parsed);
}

export function setUrlPart(href: string, part: string, value: string): string | null {
  const url = URL.parse(href);
  const known = SETTABLE.find((name) => name === part);
  if (url === null || known === undefined) return null;
  url[known] = value;
  return linesOf(url);
}

function linesOf(url: URL): string {
  const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = url;
  return [href, origin, protocol, username, password, host, hostname, port, pathname, search, hash].join(
    "\n",
  );
}
