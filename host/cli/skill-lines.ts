/** `openclaw skills list | info` for people. Pure. */
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import { indented, table } from "./print.ts";
import { listOf } from "./status-lines.ts";

export function skillLines(rows: readonly JsonObject[]): string[] {
  if (rows.length === 0) return ["There is no skill."];
  const lines = rows.map((row) => [text(row.name), stateOf(row), text(row.source), reasonOf(row)]);
  const eligible = rows.filter((row) => row.eligible === true).length;
  return [
    ...table([["SKILL", "STATE", "FROM", ""], ...lines]),
    `${eligible} of ${rows.length} can be used here`,
  ];
}

function stateOf({ eligible, disabled, modelVisible, commandVisible }: JsonObject): string {
  if (disabled === true) return "disabled";
  if (eligible !== true) return "not eligible";
  if (modelVisible === true) return "ready";
  return commandVisible === true ? "by command" : "hidden";
}

function reasonOf(row: JsonObject): string {
  return row.eligible === true ? text(row.description).slice(0, 80) : words(row.reasons).join("; ");
}

/** `row` is one of `skills.status`. */
export function skillInfoLines(row: JsonObject): string[] {
  const { name, description, source, baseDir, homepage } = row;
  const facts = [
    ["state", stateOf(row)],
    ["from", `${text(source)}, ${text(baseDir)}`],
    ["homepage", text(homepage)],
    ["slash command", row.commandVisible === true ? "yes" : "no"],
  ].filter(([, value]) => value !== "");
  return [
    ...indented([`${text(name)}: ${text(description)}`], ""),
    ...indented(table(facts)),
    ...section("why not", words(row.reasons)),
    ...section("needs", needLines(row)),
    ...section("asks for (a text holds no rights; plugins do, by your grant)", requestLines(row)),
    ...section("could be installed by (nothing is installed by itself)", installLines(row)),
  ];
}

const NEEDS = [
  ["bins", "program"],
  ["anyBins", "one of the programs"],
  ["env", "variable"],
  ["config", "setting"],
  ["os", "platform"],
] as const;

function needLines({ requirements, missing }: JsonObject): string[] {
  if (!isJsonObject(requirements) || !isJsonObject(missing)) return [];
  return NEEDS.flatMap(([key, word]) => {
    const lacking = new Set(words(missing[key]));
    return words(requirements[key]).map((name) => {
      return `${word} ${name}: ${lacking.has(name) ? "missing" : "there"}`;
    });
  });
}

function requestLines(row: JsonObject): string[] {
  return listOf(row.requests).map((request) => {
    const { kind, name } = request;
    const holders = words(request.heldBy);
    const held =
      holders.length === 0 ? `nobody holds it; ${HOW[text(kind)] ?? ""}` : `held by ${holders.join(", ")}`;
    return `${text(kind)} ${text(name)}: ${held}`;
  });
}

const HOW: Readonly<Record<string, string>> = {
  command: "bash may run it once plugins.entries.bash.config.commands in openclaw.json lists it",
  secret: "a plugin gets a secret by a grant and openclaw secret set",
};

function installLines(row: JsonObject): string[] {
  return listOf(row.install).map(({ kind, label }) => `${text(kind)}: ${text(label)}`);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [...indented([`${title}:`]), ...indented(lines, "    ")];
}

function words(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
