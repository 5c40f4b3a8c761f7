/**
 * What a script will do, looked at before any of it runs: the parser's own tree, searched for the programs that it
 * names; and loops made to pause, since a shell that never waits for anything would keep the isolate from everything
 * else, its own timeout too.
 */
import type { Bash } from "just-bash/browser";

type Tree = ReturnType<Bash["transform"]>["ast"];
type Statement = Tree["statements"][number];

/** Words of bash that this shell does not have. */
export const MISSING: ReadonlySet<string> = new Set(
  "bg caller disown enable fg jobs kill logout times trap ulimit umask".split(" "),
);

/** The shell's own words, which are no programs. */
export const BUILTINS: ReadonlySet<string> = new Set(
  `: . [ alias break builtin cd command compgen complete compopt continue declare dirs eval exec exit export false getopts hash help history let local mapfile popd printf pushd pwd read readarray readonly return set shift shopt source test time true type typeset unalias unset wait`.split(
    " ",
  ),
);

/** Programs that the script names outright, in order, and that are none of `known`, the shell's own or the script's. */
export function unknownPrograms(
  script: string,
  shell: Pick<Bash, "transform">,
  known: ReadonlySet<string>,
): string[] {
  const named = new Set<string>();
  const defined = new Set<string>();
  const see = (node: Node) => {
    // The parser leaves what stands in an arithmetic as text.
    if (node["type"] === "ArithCommandSubst") visit(shell.transform(String(node["command"])).ast, see);
    if (node["type"] === "FunctionDef") defined.add(String(node["name"]));
    const name = node["type"] === "SimpleCommand" ? literal(node["name"]) : null;
    if (name !== null && name !== "") named.add(name);
  };
  visit(shell.transform(script).ast, see);
  return [...named].filter(
    (name) => !name.includes("/") && !BUILTINS.has(name) && !known.has(name) && !defined.has(name),
  );
}

/** Puts a pause into every loop and function. */
export function withPauses(tree: Tree, pause: Statement): Tree {
  const copy = structuredClone(tree);
  visit(copy, (node) => {
    if (node["type"] === "While" || node["type"] === "Until") prepend(node["condition"], pause);
    if (node["type"] === "For" || node["type"] === "CStyleFor") prepend(node["body"], pause);
    if (node["type"] === "FunctionDef") prepend((node["body"] as Node)["body"], pause);
  });
  return copy;
}

type Node = Record<string, unknown>;

function visit(value: unknown, see: (node: Node) => void): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const each of value) visit(each, see);
    return;
  }
  for (const each of Object.values(value)) visit(each, see);
  see(value as Node);
}

function prepend(statements: unknown, pause: Statement): void {
  if (Array.isArray(statements)) statements.unshift(structuredClone(pause));
}

/** A word that is the same whatever happens; null for one with a variable or the like in it. */
function literal(word: unknown): string | null {
  if (typeof word !== "object" || word === null) return null;
  const parts = (word as { parts?: unknown }).parts;
  if (!Array.isArray(parts)) return null;
  const texts = (parts as Node[]).map((part) =>
    part["type"] === "DoubleQuoted"
      ? literal(part)
      : typeof part["value"] === "string"
        ? part["value"]
        : null,
  );
  return texts.includes(null) ? null : texts.join("");
}
