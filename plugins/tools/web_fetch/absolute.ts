/** A link as an address of the web; null for what leads nowhere else: a place on the same page, a script, no address. */
export function absolute(href: string, base: string): string | null {
  if (href.trim() === "" || href.trim().startsWith("#")) return null;
  const url = URL.parse(href, base);
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : null;
}
