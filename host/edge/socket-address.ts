import { domString } from "./web-idl.ts";

/** What a WebSocket's constructor checks of its address and subprotocols (WHATWG WebSockets, section 3.1). */

const SCHEMES: Readonly<Record<string, string>> = { "http:": "ws:", "https:": "wss:" };
/** RFC 6455, section 4.1: the characters of an HTTP token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Throws a SyntaxError, as the standard names it, for what is no address of a socket. */
export function socketUrl(text: string): URL {
  const url = parse(text);
  url.protocol = SCHEMES[url.protocol] ?? url.protocol;
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw syntaxError(`Cannot open a socket to "${url.protocol}" addresses: use ws: or wss:`);
  }
  // An empty fragment is one too.
  if (url.href.includes("#")) throw syntaxError("Cannot open a socket to an address with a fragment");
  return url;
}

export function subprotocols(given: string | readonly string[]): string[] {
  const names = typeof given === "object" ? [...given].map(domString) : [domString(given)];
  const plain = names.map((name) => name.toLowerCase());
  const wrong = names.find((name, index) => !TOKEN.test(name) || plain.indexOf(name.toLowerCase()) !== index);
  if (wrong === undefined) return names;
  throw syntaxError(`Cannot ask for the subprotocol ${JSON.stringify(wrong)}: not a token, or there twice`);
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw syntaxError(`Cannot open a socket to ${JSON.stringify(text)}: not an absolute URL`);
  }
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, "SyntaxError");
}
