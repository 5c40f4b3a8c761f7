/** Fractions of whole numbers of any length, in lowest terms. Exact; refuses results beyond `MAX_BITS`. */

export interface Fraction {
  readonly above: bigint;
  /** More than zero. */
  readonly below: bigint;
}

/** Some six thousand digits: more is no answer that anybody reads, and takes the isolate's time. */
const MAX_BITS = 20_000;

export function fraction(above: bigint, below: bigint = 1n): Fraction {
  if (below === 0n) throw new RangeError("Cannot divide by zero");
  const divisor = gcd(magnitude(above), magnitude(below)) * (below < 0n ? -1n : 1n);
  const made = { above: above / divisor, below: below / divisor };
  if (bits(made.above) + bits(made.below) > MAX_BITS) throw tooLong();
  return made;
}

export const add = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.above * b.below + b.above * a.below, a.below * b.below);
export const negate = ({ above, below }: Fraction): Fraction => ({ above: -above, below });
export const multiply = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.above * b.above, a.below * b.below);
export const divide = (a: Fraction, b: Fraction): Fraction => fraction(a.above * b.below, a.below * b.above);

/** What is left of `a` after whole times `b`, with the sign of `b`. */
export function modulo(a: Fraction, b: Fraction): Fraction {
  if (b.above === 0n) throw new RangeError("Cannot divide by zero");
  const { above, below } = divide(a, b);
  const whole = above >= 0n ? above / below : -((-above + below - 1n) / below);
  return add(a, negate(multiply(fraction(whole), b)));
}

export function power(base: Fraction, exponent: Fraction): Fraction {
  if (exponent.below !== 1n)
    throw new RangeError("Cannot raise to a fraction: the result is not exact. Use whole exponents");
  const times = magnitude(exponent.above);
  const size = BigInt(bits(base.above) + bits(base.below));
  const isUnit = base.below === 1n && magnitude(base.above) <= 1n;
  if (!isUnit && times * size > BigInt(MAX_BITS)) throw tooLong();
  // A power of one or minus one repeats itself.
  const steps = isUnit ? times % 2n : times;
  const raised = { above: base.above ** steps, below: base.below ** steps };
  if (isUnit && steps === 0n && base.above === 0n && times > 0n) return fraction(0n);
  return exponent.above < 0n ? fraction(raised.below, raised.above) : fraction(raised.above, raised.below);
}

export function factorial({ above, below }: Fraction): Fraction {
  if (below !== 1n || above < 0n) throw new RangeError("Cannot take the factorial: only of 0, 1, 2 …");
  if (above > 1_500n) throw tooLong();
  let product = 1n;
  for (let factor = 2n; factor <= above; factor++) product *= factor;
  return fraction(product);
}

/** The decimal, to `digits` behind the point; `isExact` if nothing was cut. Rounds half away from zero. */
export function toDecimal(
  { above, below }: Fraction,
  digits: number,
): { readonly text: string; readonly isExact: boolean } {
  const scaled = magnitude(above) * 10n ** BigInt(digits);
  const isExact = scaled % below === 0n;
  const whole = isExact ? scaled / below : (2n * scaled + below) / (2n * below);
  const padded = whole.toString().padStart(digits + 1, "0");
  const behind = padded.slice(padded.length - digits);
  const shown = isExact ? behind.replace(/0+$/, "") : behind;
  const point = digits === 0 || shown === "" ? "" : `.${shown}`;
  const sign = above < 0n && whole !== 0n ? "-" : "";
  return { text: `${sign}${padded.slice(0, padded.length - digits)}${point}`, isExact };
}

function tooLong(): RangeError {
  return new RangeError("The result is too long: at most some six thousand digits are worked out");
}

function bits(value: bigint): number {
  return magnitude(value).toString(16).length * 4;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}
