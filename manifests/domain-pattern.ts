/** Hosts as a manifest writes them. What they cover stands in `domains.ts`. */
import * as v from "valibot";
import { parseHost } from "./domains.ts";

/** `0x7f.1` and `2130706433` are 127.0.0.1 to whoever connects, and nothing to the owner who reads the grant. */
function isOneSpelling(pattern: string): boolean {
  if (/^(?:ask$|\$config\.)/.test(pattern)) return true;
  const name = pattern.replace(/^\./, "").replace(/:\d+$/, "");
  return parseHost(name)?.host === name;
}

const oneSpelling = v.check(
  isOneSpelling,
  'must be written as its one spelling, an address as four numbers like "192.168.1.20"',
);

/**
 * A domain in Squid's `dstdomain` grammar: `api.example.org` is that host, `.example.org` is the host and
 * everything below it. `$config.<key>` is a host that the owner configures. `ask` lets the plugin ask the
 * owner for any public host, one by one.
 */
export const DomainPattern = v.pipe(
  v.string(),
  v.regex(
    /^(?:ask|\$config\.[A-Za-z][\w.-]*|\.?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::\d{1,5})?)$/,
    'must be a lower-case host like "api.example.org", ".example.org" for all below it, "host:port", "$config.key" or "ask"',
  ),
  oneSpelling,
);

/** The other end of a TCP connection: one host and one port, or what the owner configures as both. */
export const TcpPattern = v.pipe(
  v.string(),
  v.regex(
    /^(?:\$config\.[A-Za-z][\w.-]*|(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?:[1-9]\d{0,4})$/,
    'must be a lower-case host and its port like "imap.example.org:993", or "$config.key"',
  ),
  oneSpelling,
);
