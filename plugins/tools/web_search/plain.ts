/** HTML of a title or snippet as one line of text. */
import { Parser } from "htmlparser2";

const MAX_CHARS = 600;

export function plain(html: string): string {
  const parts: string[] = [];
  const parser = new Parser({ ontext: (text) => void parts.push(text) });
  parser.end(html);
  return oneLine(parts.join(""));
}

export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .slice(0, MAX_CHARS);
}
