/**
 * Reads strict JSON with the place of everything in it.
 *
 * Guarantees that what it accepts means the same to every JSON parser: no comments, no trailing commas, no
 * key twice, no `__proto__`, UTF-8 without a byte order mark. Refuses text that is too long or nested too
 * deep before it parses it. Never throws for bad text.
 */
import { findNodeAtLocation, getNodeValue, parseTree, printParseErrorCode, type Node } from "jsonc-parser";
import { formatKeyPath, positionAt, type ManifestIssue } from "./issue.ts";

/** A parser that recurses would run out of stack on text that is nothing but brackets. */
const MAX_DEPTH = 64;
/** More would bury the first, and each is looked up in the text: a file of nothing but mistakes must not take minutes. */
export const MAX_ISSUES = 20;

export type JsonPath = readonly (string | number)[];

export type JsonText =
  | { readonly ok: true; readonly value: unknown; issueAt(path: JsonPath, rule: string): ManifestIssue }
  | { readonly ok: false; readonly issues: readonly ManifestIssue[] };

/** `source` is text, or bytes that must be UTF-8. `maxBytes` bounds either. */
export function readJsonText(source: string | Uint8Array, file: string, maxBytes: number): JsonText {
  if (source.length > maxBytes) return refuse(file, "", 0, `is larger than ${maxBytes} bytes`);
  const text = decode(source);
  if (text === null) return refuse(file, "", 0, "is not UTF-8 text");
  if (text.startsWith("\uFEFF")) {
    return refuse(file, text, 0, "starts with a byte order mark: save it as UTF-8 without one");
  }
  const tooDeep = findTooDeep(text);
  if (tooDeep !== null) {
    return refuse(file, text, tooDeep, `is nested deeper than ${MAX_DEPTH} levels`);
  }
  return readTree(text, file);
}

function readTree(text: string, file: string): JsonText {
  const errors: { error: number; offset: number; length: number }[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const first = errors[0];
  if (first !== undefined) return refuse(file, text, first.offset, syntaxRule(first.error));
  if (root === undefined) return refuse(file, text, 0, "is empty");
  const badKeys = findBadKeys(root).slice(0, MAX_ISSUES);
  if (badKeys.length > 0) {
    const issues = badKeys.map(({ offset, path, rule }) =>
      issue(file, text, offset, formatKeyPath(path), rule),
    );
    return { ok: false, issues };
  }
  return {
    ok: true,
    value: getNodeValue(root),
    issueAt: (path, rule) => issue(file, text, offsetOf(root, path), formatKeyPath(path), rule),
  };
}

function decode(source: string | Uint8Array): string | null {
  if (typeof source === "string") return source;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(source);
  } catch {
    return null;
  }
}

function findTooDeep(text: string): number | null {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") {
      if (++depth > MAX_DEPTH) return at;
    } else if (char === "}" || char === "]") depth--;
  }
  return null;
}

interface BadKey {
  readonly offset: number;
  readonly path: JsonPath;
  readonly rule: string;
}

function findBadKeys(node: Node, path: JsonPath = []): BadKey[] {
  if (node.type === "array") {
    return (node.children ?? []).flatMap((child, index) => findBadKeys(child, [...path, index]));
  }
  if (node.type !== "object") return [];
  const seen = new Set<string>();
  return (node.children ?? []).flatMap((property) => {
    const [name, value] = property.children ?? [];
    if (name === undefined || value === undefined) return [];
    const key = String(name.value);
    const here = [...path, key];
    const rule = key === "__proto__" ? "is not allowed as a key" : seen.has(key) ? "stands here twice" : null;
    seen.add(key);
    const own = rule === null ? [] : [{ offset: name.offset, path: here, rule }];
    return [...own, ...findBadKeys(value, here)];
  });
}

/** Where the key of this path stands, or its nearest parent if it is missing. */
function offsetOf(root: Node, path: JsonPath): number {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (node !== undefined) return node.parent?.type === "property" ? node.parent.offset : node.offset;
  }
  return root.offset;
}

function syntaxRule(code: number): string {
  const name = printParseErrorCode(code);
  const words = name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return name === "InvalidCommentToken" ? "is not JSON: comments are not allowed" : `is not JSON: ${words}`;
}

function refuse(file: string, text: string, offset: number, rule: string): JsonText {
  return { ok: false, issues: [issue(file, text, offset, "", rule)] };
}

function issue(file: string, text: string, offset: number, key: string, rule: string): ManifestIssue {
  return { file, ...positionAt(text, offset), key, rule, suggestion: null };
}
