/** `URL` (URL standard, section 6.1). */
import { createObjectUrl, revokeObjectUrl } from "./blob-urls.ts";
import { parseUrl, setUrlPart, type UrlParts } from "./native-url.ts";
import { paramsOf, resetParams, type URLSearchParams } from "./url-search-params.ts";
import { shape, usvString, wants } from "./web-idl.ts";
import type { UrlPart } from "./door-protocol.ts";

export class URL {
  #parts: UrlParts;
  #searchParams: URLSearchParams | null = null;

  constructor(url: unknown, base: unknown = undefined) {
    wants(arguments.length, 1, "the constructor of URL");
    const parts = parse(url, base);
    if (parts === null) throw invalid(url);
    this.#parts = parts;
  }

  static canParse(url: unknown, base: unknown = undefined): boolean {
    wants(arguments.length, 1, "URL.canParse");
    return parse(url, base) !== null;
  }

  static parse(url: unknown, base: unknown = undefined): URL | null {
    wants(arguments.length, 1, "URL.parse");
    const parts = parse(url, base);
    return parts === null ? null : new URL(parts.href);
  }

  static createObjectURL(blob: unknown): string {
    wants(arguments.length, 1, "URL.createObjectURL");
    return createObjectUrl(blob);
  }

  static revokeObjectURL(url: unknown): void {
    wants(arguments.length, 1, "URL.revokeObjectURL");
    revokeObjectUrl(usvString(url));
  }

  get href(): string {
    return this.#parts.href;
  }

  set href(value: unknown) {
    const parts = parseUrl(usvString(value), null);
    if (parts === null) throw invalid(value);
    this.#take(parts);
  }

  get origin(): string {
    return this.#parts.origin;
  }

  get protocol(): string {
    return this.#parts.protocol;
  }

  set protocol(value: unknown) {
    this.#set("protocol", value);
  }

  get username(): string {
    return this.#parts.username;
  }

  set username(value: unknown) {
    this.#set("username", value);
  }

  get password(): string {
    return this.#parts.password;
  }

  set password(value: unknown) {
    this.#set("password", value);
  }

  get host(): string {
    return this.#parts.host;
  }

  set host(value: unknown) {
    this.#set("host", value);
  }

  get hostname(): string {
    return this.#parts.hostname;
  }

  set hostname(value: unknown) {
    this.#set("hostname", value);
  }

  get port(): string {
    return this.#parts.port;
  }

  set port(value: unknown) {
    this.#set("port", value);
  }

  get pathname(): string {
    return this.#parts.pathname;
  }

  set pathname(value: unknown) {
    this.#set("pathname", value);
  }

  get search(): string {
    return this.#parts.search;
  }

  set search(value: unknown) {
    this.#set("search", value);
  }

  get searchParams(): URLSearchParams {
    this.#searchParams ??= paramsOf(this.#parts.search, (query) => {
      this.#parts = setUrlPart(this.#parts.href, "search", query) ?? this.#parts;
    });
    return this.#searchParams;
  }

  get hash(): string {
    return this.#parts.hash;
  }

  set hash(value: unknown) {
    this.#set("hash", value);
  }

  toString(): string {
    return this.#parts.href;
  }

  toJSON(): string {
    return this.#parts.href;
  }

  #set(part: UrlPart, value: unknown): void {
    const text = usvString(value);
    const parts = setUrlPart(this.#parts.href, part, text);
    if (parts !== null) this.#take(parts);
  }

  #take(parts: UrlParts): void {
    this.#parts = parts;
    if (this.#searchParams !== null) resetParams(this.#searchParams, parts.search.slice(1));
  }
}

shape("URL", URL);

function parse(url: unknown, base: unknown): UrlParts | null {
  const text = usvString(url);
  return parseUrl(text, base === undefined ? null : usvString(base));
}

function invalid(url: unknown): TypeError {
  return Object.assign(new TypeError(`Invalid URL: ${JSON.stringify(usvString(url).slice(0, 200))}`), {
    code: "ERR_INVALID_URL",
  });
}
