/**
 * `OLLAMA_HOST` in the spellings that Ollama itself takes, as the address to connect to.
 *
 * The variable names what a server listens on, so an address that means "everywhere" becomes this machine.
 * Source: Ollama's envconfig (`Host`): default port 11434, or 80 and 443 where a scheme is written.
 */
const OLLAMA_PORT = "11434";
const EVERYWHERE = new Set(["0.0.0.0", "[::]"]);

/** A base URL without a slash at its end, or null if `value` is no address. */
export function parseOllamaHost(value: string): string | null {
  const written = value.trim().replace(/^["']|["']$/g, "");
  const hasScheme = /^[a-z]+:\/\//i.test(written);
  const text = hasScheme ? written : `http://${withHost(written)}`;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (!["http:", "https:"].includes(url.protocol)) return null;
  if (EVERYWHERE.has(url.hostname)) url.hostname = "127.0.0.1";
  if (!hasScheme && !/^http:\/\/[^/]*:\d+(?:\/|$)/.test(text)) url.port = OLLAMA_PORT;
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

/** `:8080` and `::1` as a URL writes them. */
function withHost(text: string): string {
  if (/^:\d/.test(text)) return `127.0.0.1${text}`;
  return /^[\da-f]*:[\da-f:.]*:[\da-f:.]*$/i.test(text) ? `[${text}]` : text;
}
