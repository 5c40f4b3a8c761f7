/**
 * One text within a JSON document or a form, and the document with another text in its place. Everything around
 * it stays byte for byte as it was. Pure.
 */
import { parseTree, type Node, type ParseError } from "jsonc-parser";

export interface TextAt {
  readonly value: string;
  /** The document with `text` in place of the value. */
  with(text: string): string;
}

/** The text at a JSON pointer (RFC 6901). Null if the document is not JSON or has no text there. */
export function jsonTextAt(json: string, pointer: string): TextAt | null {
  const node = nodeAt(json, pointer);
  if (node === null || node.type !== "string") return null;
  return {
    value: String(node.value),
    with: (text) => splice(json, node.offset, node.length, JSON.stringify(text)),
  };
}

/** The number at a JSON pointer; null if there is none. A text of digits counts, as some servers send it. */
export function jsonNumberAt(json: string, pointer: string): number | null {
  const node = nodeAt(json, pointer);
  const number = node === null || node.type === "null" ? Number.NaN : Number(node.value);
  return Number.isFinite(number) ? number : null;
}

/** Whether the pointer leads nowhere, or to null. */
export function isNothingAt(json: string, pointer: string): boolean {
  const node = nodeAt(json, pointer);
  return node === null || node.type === "null";
}

export function isJson(text: string): boolean {
  return treeOf(text) !== null;
}

/** The first field of a form whose name is the pointer's one part. */
export function formTextAt(form: string, pointer: string): TextAt | null {
  const [name, ...more] = partsOf(pointer);
  if (name === undefined || more.length > 0) return null;
  let offset = 0;
  for (const pair of form.split("&")) {
    const [field] = new URLSearchParams(pair);
    if (field !== undefined && field[0] === name) {
      const start = offset + (pair.includes("=") ? pair.indexOf("=") + 1 : pair.length);
      return {
        value: field[1],
        with: (text) => splice(form, start, offset + pair.length - start, encodeURIComponent(text)),
      };
    }
    offset += pair.length + 1;
  }
  return null;
}

function nodeAt(json: string, pointer: string): Node | null {
  let node = treeOf(json);
  for (const part of partsOf(pointer)) node = node === null ? null : childOf(node, part);
  return node;
}

/** Null also for what is nested so deep that the parser runs out of stack. */
function treeOf(json: string): Node | null {
  const errors: ParseError[] = [];
  try {
    const root = parseTree(json, errors, { disallowComments: true, allowTrailingComma: false });
    return errors.length > 0 || root === undefined ? null : root;
  } catch {
    return null;
  }
}

/** Of a key that stands twice the last one counts, as for every JSON parser. */
function childOf({ type, children = [] }: Node, part: string): Node | null {
  if (type === "array") return /^(?:0|[1-9]\d*)$/.test(part) ? (children[Number(part)] ?? null) : null;
  if (type !== "object") return null;
  const property = children.findLast(({ children: [key] = [] }) => key?.value === part);
  return property?.children?.[1] ?? null;
}

function partsOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function splice(text: string, offset: number, length: number, insert: string): string {
  return text.slice(0, offset) + insert + text.slice(offset + length);
}
