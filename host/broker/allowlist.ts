/**
 * The operator's Squid allowlist, as far as the broker needs it: one `dstdomain` entry a line.
 *
 * Reads what Squid reads from an ACL file: a line that starts with `#` is a comment, blank lines do not
 * count, letters have no case. A line that is no host, or that Squid would understand otherwise than it
 * reads, is an error that names the line: the list guards, so it is never half read.
 */
import { HostError } from "#host/base/errors.ts";
import { entryCovers, isDstdomain, toDstdomain } from "#manifests/dstdomain.ts";

export function parseAllowlist(text: string): readonly string[] {
  return text.split("\n").flatMap((line, index) => {
    const entry = line.trim();
    return entry === "" || entry.startsWith("#") ? [] : [parseEntry(entry, index + 1)];
  });
}

/** The host is as `parseHost` gives it. */
export function isListed(host: string, allowlist: readonly string[]): boolean {
  return allowlist.some((entry) => entryCovers(entry, host));
}

function parseEntry(entry: string, line: number): string {
  if (isDstdomain(entry)) return entry.toLowerCase();
  const meant = toDstdomain(entry);
  throw new HostError(
    "config.invalid",
    `Cannot read line ${line} of the allowlist: "${entry}" is not a Squid dstdomain`,
    {
      fix:
        meant === null
          ? 'Write one host a line, such as "api.example.org", or ".example.org" for it and all below; a comment on its own line'
          : `Write "${meant}"`,
    },
  );
}
