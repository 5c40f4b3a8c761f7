/** What a file is, by its first bytes: an image that a model can look at, another binary, or text. */

export type Kind =
  | { readonly type: "text" }
  | { readonly type: "image"; readonly mimeType: string }
  /** `name` stands in a sentence after "is". */
  | { readonly type: "binary"; readonly name: string };

/** So many bytes tell a kind. */
export const HEAD_BYTES = 8 * 1024;

const IMAGES: readonly (readonly [mimeType: string, signature: string])[] = [
  ["image/png", "\x89PNG\r\n\x1a\n"],
  ["image/jpeg", "\xff\xd8\xff"],
  ["image/gif", "GIF87a"],
  ["image/gif", "GIF89a"],
];

const BINARIES: readonly (readonly [name: string, signature: string])[] = [
  ["a PDF document", "%PDF-"],
  ["a ZIP archive (or an Office document)", "PK\x03\x04"],
  ["a gzip archive", "\x1f\x8b"],
  ["a Zstandard archive", "\x28\xb5\x2f\xfd"],
  ["an xz archive", "\xfd7zXZ\0"],
  ["a bzip2 archive", "BZh"],
  ["a 7-Zip archive", "7z\xbc\xaf\x27\x1c"],
  ["a SQLite database", "SQLite format 3\0"],
  ["a program (ELF)", "\x7fELF"],
  ["a program (Mach-O)", "\xcf\xfa\xed\xfe"],
  ["a program (Windows)", "MZ\x90\0"],
  ["a WebAssembly module", "\0asm"],
  ["a font (WOFF)", "wOF"],
  ["an Ogg file", "OggS"],
  ["an MP3 file", "ID3"],
  ["a TIFF image", "II*\0"],
  ["text in UTF-16, not UTF-8", "\xff\xfe"],
  ["text in UTF-16, not UTF-8", "\xfe\xff"],
];

export function kindOf(head: Uint8Array): Kind {
  const image = IMAGES.find(([, signature]) => startsWith(head, signature));
  if (image !== undefined) return { type: "image", mimeType: image[0] };
  if (startsWith(head, "RIFF")) return riffKind(head);
  const binary = BINARIES.find(([, signature]) => startsWith(head, signature));
  if (binary !== undefined) return { type: "binary", name: binary[0] };
  if (startsWith(head.subarray(4), "ftyp"))
    return { type: "binary", name: "a video, or an image that models do not read" };
  return head.subarray(0, HEAD_BYTES).includes(0)
    ? { type: "binary", name: "a binary file" }
    : { type: "text" };
}

function riffKind(head: Uint8Array): Kind {
  return startsWith(head.subarray(8), "WEBP")
    ? { type: "image", mimeType: "image/webp" }
    : { type: "binary", name: "a sound or video file (RIFF)" };
}

function startsWith(bytes: Uint8Array, signature: string): boolean {
  return [...signature].every((char, index) => bytes[index] === char.charCodeAt(0));
}
