/**
 * Replacing one text by another, exactly. Pure.
 *
 * What does not match, or matches more than once, is refused with what the model needs to do better: the lines that
 * come near, or the lines where it stands.
 */
import { nearMatches } from "./near-matches.ts";

export interface Replacement {
  readonly oldText: string;
  readonly newText: string;
  readonly replaceAll: boolean;
}

export type Replaced =
  | { readonly ok: true; readonly text: string; readonly places: number }
  /** The second half of a sentence. */
  | { readonly ok: false; readonly reason: string };

/** More places would only bury the first. */
const SHOWN_PLACES = 10;

export function replaceText(text: string, replacement: Replacement): Replaced {
  const { oldText, newText, replaceAll } = inLineEndsOf(text, replacement);
  if (oldText === "") return no("oldText is empty. Give the text to replace, or use write for a whole file");
  if (oldText === newText) return no("oldText and newText are the same");
  const places = placesOf(text, oldText);
  if (places.length === 0) return no(`oldText does not stand in it${nearMatches(text, oldText)}`);
  if (places.length > 1 && !replaceAll) {
    const lines = places.slice(0, SHOWN_PLACES).map((at) => lineAt(text, at));
    const rest = places.length > SHOWN_PLACES ? ", …" : "";
    return no(
      `oldText stands in it ${places.length} times (lines ${lines.join(", ")}${rest}). Give more of the text around it, or set replaceAll`,
    );
  }
  return { ok: true, text: text.split(oldText).join(newText), places: places.length };
}

/** Models write line breaks as \n. In a file that has \r\n throughout, that is what is meant. */
function inLineEndsOf(text: string, replacement: Replacement): Replacement {
  if (!text.includes("\r\n") || /(?<!\r)\n/.test(text)) return replacement;
  const convert = (part: string) => part.replaceAll(/\r?\n/g, "\r\n");
  return { ...replacement, oldText: convert(replacement.oldText), newText: convert(replacement.newText) };
}

function placesOf(text: string, part: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) places.push(at);
  return places;
}

function lineAt(text: string, at: number): number {
  let line = 1;
  for (let end = text.indexOf("\n"); end !== -1 && end < at; end = text.indexOf("\n", end + 1)) line += 1;
  return line;
}

function no(reason: string): Replaced {
  return { ok: false, reason };
}
