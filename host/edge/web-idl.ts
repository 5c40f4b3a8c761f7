/**
 * What Web IDL asks of every class and method alike: the shape that is seen from outside, and the conversion of what is
 * passed in. `defineGlobals` gives each class its name and tag.
 */

/** Makes what a class defines enumerable, and gives it the standard's tag. */
export function shape(name: string, target: { readonly prototype: object }): void {
  Object.defineProperty(target, "name", { value: name, configurable: true });
  Object.defineProperty(target.prototype, Symbol.toStringTag, { value: name, configurable: true });
  makeEnumerable(target.prototype, ["constructor"]);
  makeEnumerable(target, ["prototype", "name", "length"]);
}

export function makeEnumerable(target: object, except: readonly string[] = []): void {
  for (const key of Object.getOwnPropertyNames(target)) {
    const property = Object.getOwnPropertyDescriptor(target, key);
    if (property?.configurable === true && !except.includes(key)) {
      Object.defineProperty(target, key, { ...property, enumerable: true });
    }
  }
}

/** Constants stand on the class and on its prototype, and cannot be changed. */
export function defineConstants(
  target: { readonly prototype: object },
  constants: Readonly<Record<string, number>>,
): void {
  for (const [name, value] of Object.entries(constants)) {
    Object.defineProperty(target, name, { value, enumerable: true });
    Object.defineProperty(target.prototype, name, { value, enumerable: true });
  }
}

export function wants(given: number, wanted: number, what: string): void {
  if (given < wanted) {
    const noun = wanted === 1 ? "argument" : "arguments";
    throw new TypeError(`Cannot use ${what}: it wants ${wanted} ${noun}, ${given} given`);
  }
}

/** DOMString. A symbol throws. */
export function domString(value: unknown): string {
  return `${value as string}`;
}

/** USVString: halves of surrogate pairs become U+FFFD. */
export function usvString(value: unknown): string {
  return domString(value).toWellFormed();
}

/** A dictionary, read as an object; `undefined` and `null` are an empty one. */
export function dictionary(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") {
    throw new TypeError(`Cannot use ${what}: its options are not an object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** `unsigned long` and `unsigned short` without a clamp: modulo 2 to the power of `bits`. */
export function unsigned(value: unknown, bits: number): number {
  const number = Math.trunc(Number(value));
  const range = 2 ** bits;
  return Number.isFinite(number) ? ((number % range) + range) % range : 0;
}

/** `[EnforceRange] unsigned long long`. */
export function enforcedLength(value: unknown, what: string): number {
  const number = Math.trunc(Number(value));
  if (Number.isFinite(number) && number >= 0 && number <= Number.MAX_SAFE_INTEGER) return number + 0;
  throw new TypeError(`Cannot use ${what}: ${String(value)} is out of range`);
}

/** `[Clamp] long long` */
export function clampedLongLong(value: unknown): number {
  const number = Number(value);
  if (Number.isNaN(number)) return 0;
  const clamped = Math.min(Math.max(number, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  const floor = Math.floor(clamped);
  const middle = clamped - floor === 0.5;
  return middle ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(clamped);
}

/** `long long` */
export function longLong(value: unknown): number {
  const number = Math.trunc(Number(value));
  return Number.isFinite(number) ? Number(BigInt.asIntN(64, BigInt(number))) : 0;
}
