/** `URLSearchParams` (URL standard, section 6.2). One that belongs to a URL writes each change to it. */
import { apply } from "./apply.ts";
import { parseForm, serializeForm } from "./form-urlencoded.ts";
import { createPairIterators } from "./pair-iterator.ts";
import { shape, usvString, wants } from "./web-idl.ts";

const iterators = createPairIterators<string>("URLSearchParams");

/** For `url.ts` alone: makes one that tells of its changes. */
export let paramsOf: (query: string, changed: (query: string) => void) => URLSearchParams;
/** For `url.ts` alone: the URL's query was set by other means. */
export let resetParams: (params: URLSearchParams, query: string) => void;

export class URLSearchParams {
  #pairs: [string, string][];
  #changed: ((query: string) => void) | null = null;

  static {
    paramsOf = (query, changed) => {
      const params = new URLSearchParams(query);
      params.#changed = changed;
      return params;
    };
    resetParams = (params, query) => {
      params.#pairs = parseForm(query);
    };
  }

  constructor(init: unknown = "") {
    this.#pairs = pairsOf(init);
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: unknown, value: unknown): void {
    wants(arguments.length, 2, "append");
    const pair: [string, string] = [usvString(name), usvString(value)];
    this.#pairs.push(pair);
    this.#update();
  }

  delete(name: unknown, value: unknown = undefined): void {
    wants(arguments.length, 1, "delete");
    const matches = matcher(name, value);
    this.#pairs = this.#pairs.filter((pair) => !matches(pair));
    this.#update();
  }

  get(name: unknown): string | null {
    wants(arguments.length, 1, "get");
    const wanted = usvString(name);
    return this.#pairs.find(([key]) => key === wanted)?.[1] ?? null;
  }

  getAll(name: unknown): string[] {
    wants(arguments.length, 1, "getAll");
    const wanted = usvString(name);
    return this.#pairs.filter(([key]) => key === wanted).map(([, value]) => value);
  }

  has(name: unknown, value: unknown = undefined): boolean {
    wants(arguments.length, 1, "has");
    return this.#pairs.some(matcher(name, value));
  }

  set(name: unknown, value: unknown): void {
    wants(arguments.length, 2, "set");
    const [key, text] = [usvString(name), usvString(value)];
    const first = this.#pairs.find(([other]) => other === key);
    if (first === undefined) this.#pairs.push([key, text]);
    else {
      first[1] = text;
      this.#pairs = this.#pairs.filter((pair) => pair === first || pair[0] !== key);
    }
    this.#update();
  }

  sort(): void {
    this.#pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    this.#update();
  }

  forEach(callback: unknown, thisArg: unknown = undefined): void {
    wants(arguments.length, 1, "forEach");
    if (typeof callback !== "function") throw new TypeError("Cannot use forEach: it wants a function");
    for (let index = 0; index < this.#pairs.length; index++) {
      const [key, value] = this.#pairs[index] ?? ["", ""];
      apply(callback, thisArg, [value, key, this]);
    }
  }

  keys(): IterableIterator<string> {
    return iterators.keys(this.#live());
  }

  values(): IterableIterator<string> {
    return iterators.values(this.#live());
  }

  entries(): IterableIterator<[string, string]> {
    return iterators.entries(this.#live());
  }

  toString(): string {
    return serializeForm(this.#pairs);
  }

  #live(): () => readonly [string, string][] {
    return () => this.#pairs;
  }

  #update(): void {
    this.#changed?.(serializeForm(this.#pairs));
  }
}

shape("URLSearchParams", URLSearchParams);
Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
  value: Reflect.get(URLSearchParams.prototype, "entries"),
  writable: true,
  configurable: true,
});

function matcher(name: unknown, value: unknown): (pair: readonly [string, string]) => boolean {
  const key = usvString(name);
  if (value === undefined) return (pair) => pair[0] === key;
  const text = usvString(value);
  return (pair) => pair[0] === key && pair[1] === text;
}

function pairsOf(init: unknown): [string, string][] {
  if ((typeof init !== "object" && typeof init !== "function") || init === null) {
    const text = usvString(init);
    return parseForm(text.startsWith("?") ? text.slice(1) : text);
  }
  const iterate = (init as Partial<Iterable<unknown>>)[Symbol.iterator];
  if (iterate === undefined || iterate === null) return recordPairs(init);
  if (typeof iterate !== "function") throw new TypeError("Cannot make URLSearchParams: it is not iterable");
  return [...(init as Iterable<Iterable<unknown>>)].map((pair) => {
    if (typeof pair !== "object" && typeof pair !== "function") throw notPairs();
    const members = [...pair];
    if (members.length !== 2) throw notPairs();
    return [usvString(members[0]), usvString(members[1])];
  });
}

function recordPairs(init: object): [string, string][] {
  const pairs = new Map<string, string>();
  for (const key of Reflect.ownKeys(init)) {
    const property = Reflect.getOwnPropertyDescriptor(init, key);
    if (property?.enumerable === true) pairs.set(usvString(key), usvString(Reflect.get(init, key)));
  }
  return [...pairs];
}

function notPairs(): TypeError {
  return new TypeError("Cannot make URLSearchParams: a member is not a pair of name and value");
}
