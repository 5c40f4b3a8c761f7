/**
 * The spellings in which a server may send a value back: as it is, and as the usual writers of JSON, of URLs and
 * forms, and of base64 have it. Pure.
 */

/** What writers of JSON escape besides what they must, each as a set of characters. */
const JSON_WRITERS: readonly RegExp[] = [
  /[\u0080-\uffff]/g, // Python, PHP
  /[<>&]/g, // Go, Rails
  /[<>&=']/g, // Gson
  /[<>&'+"`\u0080-\uffff]/g, // .NET
];

/** What of a URL is left as it is, beyond letters, digits and "-._~". */
const PERCENT_WRITERS: readonly RegExp[] = [/[!'()*]/, /[!'()*;/?:@&=+$,#[\]]/];

export function spellingsOf(value: string): string[] {
  return [...new Set([value, ...inJson(value), ...inUrls(value), ...inBase64(value)])];
}

function inJson(value: string): string[] {
  const plain = JSON.stringify(value).slice(1, -1);
  const escaped = JSON_WRITERS.flatMap((needless) => {
    const hex = (char: string) => char.charCodeAt(0).toString(16).padStart(4, "0");
    // The quote that must be escaped anyway stands behind its backslash.
    return [
      plain.replace(/\\"/g, '"').replace(needless, (char) => `\\u${hex(char)}`),
      plain.replace(/\\"/g, '"').replace(needless, (char) => `\\u${hex(char).toUpperCase()}`),
    ].map((text) => text.replace(/"/g, '\\"'));
  });
  return [plain, ...escaped].flatMap((text) => [text, text.replaceAll("/", "\\/")]);
}

function inUrls(value: string): string[] {
  const strict = encodeURIComponent(value).replace(/[!'()*]/g, percent);
  const kept = PERCENT_WRITERS.map((left) => {
    const isLeft = (char: string) => left.test(char);
    return [...value].map((char) =>
      isLeft(char) ? char : encodeURIComponent(char).replace(/[!'()*]/g, percent),
    );
  });
  const form = new URLSearchParams({ v: value }).toString().slice(2);
  const written = [strict, form, ...kept.map((chars) => chars.join(""))];
  return written
    .flatMap((text) => [text, text.replaceAll("%20", "+")])
    .flatMap((text) => [text, text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())]);
}

function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** Also behind one or two bytes of something else, as in `user:password`: there other letters come of it. */
function inBase64(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    const whole = shifted.length - (shifted.length % 3);
    const own = shift === 0 ? 0 : 4;
    // What follows the value shares a letter with its last bytes: only whole groups are its own.
    const inside = shifted.subarray(0, whole).toString("base64").slice(own);
    const end = shifted.toString("base64").replace(/=+$/, "").slice(own);
    return [end, inside].flatMap((text) => [text, text.replaceAll("+", "-").replaceAll("/", "_")]);
  });
}
