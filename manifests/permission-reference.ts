/**
 * The reference of permissions (`docs/permissions.md`), made from the schema that manifests are read with.
 *
 * Pure. Every key of the block stands in it, with what the schema says of it, its shape and its example.
 */
import { manifestJsonSchema } from "./json-schema.ts";

interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

const HEAD = `# Permissions

<!-- Made by "dist/bun manifests/generate.ts" from manifests/permissions.ts: do not edit. -->

What a plugin asks for stands in the block \`permissions\` of its \`openclaw.plugin.json\`. Without the block it can reach nothing.
With it, it waits for its owner's yes, and holds exactly what was asked and granted. A key that is not listed here is an
error. \`openclaw plugin dev\` shows for each refused effect the line that is missing.
`;

export function permissionReference(): string {
  const { permissions } = (manifestJsonSchema() as Node).properties ?? {};
  const sections = Object.entries(permissions?.properties ?? {}).map(([key, node]) => sectionOf(key, node));
  return `${HEAD}\n${sections.join("\n")}`;
}

function sectionOf(key: string, node: Node): string {
  const example = node.examples?.[0];
  const shown = example === undefined ? "" : `\n    "permissions": ${JSON.stringify({ [key]: example })}\n`;
  const fields = fieldsOf(node);
  const table =
    fields.length === 0
      ? ""
      : `\n| key | | |\n|---|---|---|\n${fields.map((row) => `| ${row.join(" | ")} |\n`).join("")}`;
  return `## \`${key}\`\n\n${node.description ?? ""}\n${shown}${table}`;
}

/** Keys of the objects in it: of itself, of its entries, of each kind of entry. */
function fieldsOf(node: Node): string[][] {
  const kinds = node.items === undefined ? [node] : alternatives(node.items);
  const names = new Set(kinds.flatMap(({ properties = {} }) => Object.keys(properties)));
  return [...names].map((name) => {
    const having = kinds.filter(({ properties = {} }) => name in properties);
    const shapes = new Set(having.map(({ properties = {} }) => shapeOf(properties[name] ?? {})));
    const isAlways = kinds.every(({ required = [] }) => required.includes(name));
    const [about = ""] = having.flatMap(({ properties = {} }) => properties[name]?.description ?? []);
    return [`\`${name}\``, [...shapes].join(" or ") + (isAlways ? "" : ", optional"), about];
  });
}

function alternatives({ anyOf, oneOf, ...node }: Node): readonly Node[] {
  return anyOf ?? oneOf ?? [node];
}

function shapeOf(node: Node): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${JSON.stringify(value)}\``).join(" or ");
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.type === "array") return `list of ${shapeOf(node.items ?? {})}`;
  if (node.type === "object") return `\`{ ${Object.keys(node.properties ?? {}).join(", ")} }\``;
  const kinds = alternatives(node);
  return node.type ?? kinds.map(shapeOf).join(" or ");
}
