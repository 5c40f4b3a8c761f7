/** A domain as a manifest writes it. What it covers stands in `domains.ts`. */
import * as v from "valibot";

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
);
