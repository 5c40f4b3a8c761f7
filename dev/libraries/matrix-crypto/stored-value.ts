/** Values of IndexedDB as JSON, with what JSON does not have: bytes, dates, undefined. Refuses what it does not know. */

type Json = string | number | boolean | null | { readonly [tag: string]: unknown };

interface NativeBytes {
  toBase64(): string;
}

const Bytes = Uint8Array as unknown as { fromBase64(text: string): Uint8Array<ArrayBuffer> };

export function encode(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : { n: String(value) };
  if (value === undefined) return { u: 0 };
  if (Array.isArray(value)) return { a: value.map(encode) };
  if (value instanceof Uint8Array) return { b: (value as unknown as NativeBytes).toBase64() };
  if (value instanceof ArrayBuffer)
    return { r: (new Uint8Array(value) as unknown as NativeBytes).toBase64() };
  if (value instanceof Date) return { d: value.getTime() };
  if (typeof value === "object") {
    return { o: Object.fromEntries(Object.entries(value).map(([key, each]) => [key, encode(each)])) };
  }
  throw new TypeError(`Cannot keep a ${typeof value} in the database`);
}

export function decode(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  const [[tag, value] = ["", undefined]] = Object.entries(json);
  switch (tag) {
    case "n":
      return Number(value);
    case "u":
      return undefined;
    case "a":
      return (value as unknown[]).map(decode);
    case "b":
      return Bytes.fromBase64(String(value));
    case "r":
      return Bytes.fromBase64(String(value)).buffer;
    case "d":
      return new Date(Number(value));
    default:
      return Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, decode(each)]));
  }
}
