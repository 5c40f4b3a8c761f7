/**
 * Reads and works out one expression. `^` binds tighter than a sign and to the right, `%` and `!` tightest of all.
 *
 * Throws a RangeError that names what is wrong and where. Depth and length are bounded.
 */
import {
  add,
  divide,
  factorial,
  fraction,
  modulo,
  multiply,
  negate,
  power,
  type Fraction,
} from "./fraction.ts";

const MAX_CHARS = 2_000;
const MAX_DEPTH = 100;
const MAX_EXPONENT = 5_000;

interface Token {
  readonly text: string;
  /** From 1. */
  readonly at: number;
}

export function evaluate(text: string): Fraction {
  if (text.length > MAX_CHARS) throw new RangeError(`Cannot calculate: more than ${MAX_CHARS} characters`);
  return new Parser(tokensOf(text)).whole();
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d{1,5})?|\.\d+|\*\*|mod\b|[-+*/^()%!×÷−·])|(\S))/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [whole, known, unknown] = match;
    const at = match.index + whole.length - (known ?? unknown ?? "").length + 1;
    if (known === undefined)
      throw new RangeError(
        `Cannot calculate: "${unknown ?? ""}" at place ${at} is no number and no operator`,
      );
    tokens.push({ text: SAME[known] ?? known, at });
  }
  return tokens;
}

const SAME: Readonly<Record<string, string>> = { "×": "*", "·": "*", "÷": "/", "−": "-", "**": "^" };

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Fraction {
    const value = this.#sum();
    const left = this.#tokens[this.#next];
    if (left !== undefined)
      throw new RangeError(`Cannot calculate: "${left.text}" at place ${left.at} is not expected there`);
    return value;
  }

  #take(...wanted: readonly string[]): string | null {
    const token = this.#tokens[this.#next];
    if (token === undefined || !wanted.includes(token.text)) return null;
    this.#next++;
    return token.text;
  }

  #sum(): Fraction {
    let value = this.#product();
    for (let sign = this.#take("+", "-"); sign !== null; sign = this.#take("+", "-")) {
      const other = this.#product();
      value = add(value, sign === "+" ? other : negate(other));
    }
    return value;
  }

  #product(): Fraction {
    let value = this.#signed();
    for (let sign = this.#take("*", "/", "mod"); sign !== null; sign = this.#take("*", "/", "mod")) {
      const other = this.#signed();
      value =
        sign === "*" ? multiply(value, other) : sign === "/" ? divide(value, other) : modulo(value, other);
    }
    return value;
  }

  #signed(): Fraction {
    if (++this.#depth > MAX_DEPTH)
      throw new RangeError(`Cannot calculate: nested more than ${MAX_DEPTH} deep`);
    const sign = this.#take("-", "+");
    const value = sign === null ? this.#power() : this.#signed();
    this.#depth--;
    return sign === "-" ? negate(value) : value;
  }

  #power(): Fraction {
    const base = this.#behind();
    return this.#take("^") === null ? base : power(base, this.#signed());
  }

  #behind(): Fraction {
    let value = this.#single();
    for (let sign = this.#take("%", "!"); sign !== null; sign = this.#take("%", "!"))
      value = sign === "%" ? divide(value, fraction(100n)) : factorial(value);
    return value;
  }

  #single(): Fraction {
    if (this.#take("(") !== null) {
      const value = this.#sum();
      if (this.#take(")") === null) throw new RangeError('Cannot calculate: a ")" is missing');
      return value;
    }
    const token = this.#tokens[this.#next++];
    if (token === undefined) throw new RangeError("Cannot calculate: a number is missing at the end");
    if (!/^[\d.]/.test(token.text))
      throw new RangeError(
        `Cannot calculate: a number is missing before "${token.text}" at place ${token.at}`,
      );
    return numberOf(token.text);
  }
}

function numberOf(text: string): Fraction {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "", behind = ""] = mantissa.split(".");
  const shift = Number(exponent) - behind.length;
  if (Math.abs(shift) > MAX_EXPONENT)
    throw new RangeError(`Cannot calculate: "${text}" is too large or small`);
  const digits = BigInt(`${whole}${behind}`);
  return shift >= 0 ? fraction(digits * 10n ** BigInt(shift)) : fraction(digits, 10n ** BigInt(-shift));
}
