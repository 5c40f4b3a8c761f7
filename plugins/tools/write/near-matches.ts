/** Where a text comes near to one that was looked for: for a model that remembered it almost. Pure. */

/** Lines of the file that are compared, and characters of each: bounds on the work. */
const MAX_LINES = 20_000;
const MAX_CHARS = 400;
const SHOWN = 3;
/** Of 1; below it two lines have little to do with each other. */
const MIN_LIKENESS = 0.6;

/** The end of a sentence with the lines that come near; one that says what to do if none does. */
export function nearMatches(text: string, wanted: string): string {
  const lines = text.split("\n").slice(0, MAX_LINES);
  const first = wanted.split("\n").findIndex((line) => line.trim() !== "");
  const sought = wanted.split("\n")[first] ?? "";
  const spaced = lines.flatMap((line, index) => (squeeze(line) === squeeze(sought) ? [index] : []));
  if (spaced.length > 0 && squeeze(sought) !== "") {
    const why = sameLine(lines, spaced, sought) ? "the lines after it differ" : "only spaces differ";
    return `. Its first line comes near, ${why}:\n${show(lines, spaced)}\nRead the lines again and copy them exactly`;
  }
  const wantedPairs = pairsOf(sought);
  const likely = lines
    .map((line, index) => ({ index, likeness: likenessOf(wantedPairs, pairsOf(line)) }))
    .filter(({ likeness }) => likeness >= MIN_LIKENESS)
    .sort((one, other) => other.likeness - one.likeness)
    .slice(0, SHOWN)
    .map(({ index }) => index);
  if (likely.length === 0) return ". Read the file first";
  return `. What comes near:\n${show(lines, likely)}\nRead the lines again and copy them exactly`;
}

function sameLine(lines: readonly string[], found: readonly number[], sought: string): boolean {
  return found.some((index) => lines[index]?.replace(/\r$/, "") === sought);
}

function show(lines: readonly string[], found: readonly number[]): string {
  return found
    .slice(0, SHOWN)
    .map((index) => `${index + 1}\t${(lines[index] ?? "").slice(0, MAX_CHARS)}`)
    .join("\n");
}

function squeeze(line: string): string {
  return line.replaceAll(/\s+/g, " ").trim();
}

function pairsOf(line: string): Map<string, number> {
  const text = squeeze(line).slice(0, MAX_CHARS).toLowerCase();
  const pairs = new Map<string, number>();
  for (let at = 0; at + 2 <= text.length; at += 1) {
    const pair = text.slice(at, at + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return pairs;
}

/** Sørensen and Dice: twice the pairs that both have, of all pairs. */
function likenessOf(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  const total = sum(one.values()) + sum(other.values());
  if (total === 0) return 0;
  let common = 0;
  for (const [pair, count] of one) common += Math.min(count, other.get(pair) ?? 0);
  return (2 * common) / total;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
