/**
 * Text of strangers on a terminal or in a log: what would move the cursor, colour, hide or turn what stands around
 * it, or begin a line of its own, is spelt out as JSON spells it. So JSON stays the same JSON.
 */

/** Control characters (ESC among them), line separators, and the marks that turn the direction of writing. */
const STEERING = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** One line. */
export function visible(line: string): string {
  return line.replace(STEERING, spellOut);
}

/** Several lines; tabs stay too. */
export function visibleLines(text: string): string {
  return text.replace(STEERING, (char) => (char === "\n" || char === "\t" ? char : spellOut(char)));
}

function spellOut(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
