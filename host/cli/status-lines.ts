/** `openclaw status` for people: one line for each thing that one asks after. Pure. */
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import { table } from "./print.ts";

/** `status` and `plugins` are the answers of the methods `status` and `plugins.list`. */
export function statusLines(status: JsonObject, plugins: readonly JsonObject[]): string[] {
  const facts = objectOf(status.facts);
  const ready = status.ready === true ? "ready" : `not ready: ${textOf(status.reason)}`;
  const rows: (readonly [string, string])[] = [
    ["Gateway", `${textOf(status.runtimeVersion)}, ${ready}`],
    ["Model", modelLine(objectOf(status.model))],
    ["Plugins", groups(plugins, "standing")],
    ["Walls", groups(listOf(status.walls), "state")],
    ["Sessions", String(objectOf(status.sessions).count ?? 0)],
    [
      "Chosen",
      listOf(objectOf(status.sessions).recent)
        .map(chosenIn)
        .filter((text) => text !== "")
        .join("; "),
    ],
    ["Runtime", `${textOf(facts.runtime)}, ${textOf(facts.platform)}, state in ${textOf(facts.state)}`],
    ["Config", textOf(facts.configProblem)],
  ];
  return table(rows.filter(([, text]) => text !== "").map((row) => [...row]));
}

function modelLine(model: JsonObject): string {
  const problem = textOf(model.problem);
  return `${textOf(model.provider)}/${textOf(model.model)}: ${problem === "" ? textOf(model.why) : problem}`;
}

/** `agent:main:main has ollama/qwen3, thinking high`; empty for a session without choices. */
function chosenIn({ key, model, thinkingLevel }: JsonObject): string {
  const chosen = [textOf(model), thinkingLevel === undefined ? "" : `thinking ${textOf(thinkingLevel)}`];
  const words = chosen.filter((text) => text !== "").join(", ");
  return words === "" ? "" : `${textOf(key)} has ${words}`;
}

/** `2 ready; 1 waiting: dice`: the good ones are counted, the others named. */
function groups(entries: readonly JsonObject[], key: string): string {
  const byState = Map.groupBy(entries, (entry) => textOf(entry[key]));
  return [...byState]
    .map(([state, members]) => {
      const isGood = state === "ready" || state === "stands";
      const names = isGood ? "" : `: ${members.map(({ id }) => textOf(id)).join(", ")}`;
      return `${members.length} ${state === "stands" ? "stand" : state}${names}`;
    })
    .join("; ");
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function listOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
