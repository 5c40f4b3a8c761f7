/** Every way known to us of writing a path that leads out of a folder, as a plugin could write it. */

const DOTS = [
  "..",
  "../",
  "..//",
  ".././",
  "./../",
  "..\\",
  "..%2f",
  "%2e%2e/",
  "%2e%2e%2f",
  "..%252f",
  "%252e%252e%252f",
  "..%c0%af",
  "..%ef%bc%8f",
  "..\u2215",
  "..\u2044",
  "..\uff0f",
  "\uff0e\uff0e/",
  "\u2025/",
  ".\u200b./",
  ".\u00ad./",
  "..;/",
  "..\0/",
  "../\0",
  "...//",
  "....//",
  "..\t/",
  "..\n/",
  " ../",
  ".. /",
  "..\r/",
];

const ROOTS = [
  "",
  "/",
  "//",
  "\\\\",
  "file://",
  "file:///",
  "/proc/self/root",
  "/proc/self/cwd",
  "/dev/fd/../..",
];

const MARKS = [
  "$WORKSPACE",
  "$WORKSPACE/",
  "$STATE",
  "$STATE/workspace/..",
  "$PLUGIN",
  "$HOME",
  "${HOME}",
  "$(pwd)",
  "`pwd`",
  "~",
  "~root",
  "~/",
  "$workspace",
  "$WORKSPACE$STATE",
  "$$STATE",
  "$CONFIG",
  "%HOME%",
];

const ENDS = ["", "/", "/.", "//", "\0", "\0.txt", "%00", "?", "#", " ", ".", "::$DATA", "\n"];

/**
 * Paths that would reach `names` (from the workspace, `up` folders above it) or the same file by its `absolute`
 * path, if somebody resolved, decoded or normalised them wrongly.
 */
export function hostileSpellings(absolute: string, up: number, names: string): string[] {
  const climbs = DOTS.flatMap((dots) => {
    const step = /[/\\]$|%2f$|%252f$|%af$|%8f$|[\u2215\u2044\uff0f]$/i.test(dots) ? dots : `${dots}/`;
    return [up, up + 1, 12].map((times) => step.repeat(times) + names);
  });
  const starts = ["", "open/", "./", "open/../", "missing/", "/"].flatMap((start) =>
    climbs.map((climb) => start + climb),
  );
  const rooted = ROOTS.flatMap((root) => [root + absolute, root + absolute.slice(1)]);
  const marked = MARKS.flatMap((mark) => [
    `${mark}/${"../".repeat(up)}${names}`,
    `${mark}/${names}`,
    `${mark}${absolute}`,
    `${mark}/open/${"../".repeat(up + 1)}${names}`,
  ]);
  const once = [...starts, ...rooted, ...marked];
  return [...new Set([...once, ...ENDS.flatMap((end) => [...rooted, ...marked].map((path) => path + end))])];
}
