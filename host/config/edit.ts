/**
 * openclaw.json changed by the host for its owner: one value, everything else as it was written, comments too.
 *
 * Guarantees that what comes out is a valid file that differs from what went in by that value alone; what cannot be
 * changed so is refused with the line to write by hand. Pure.
 */
import { isDeepStrictEqual } from "node:util";
import jju from "jju";
import JSON5 from "json5";
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import { parseConfig } from "./parse.ts";

const MODE = { mode: "json5" } as const;

/** Names the model that answers: `provider/model`. Throws `config.invalid` for a file that is broken, or would be. */
export function withPrimaryModel(text: string, name: string): string {
  parseConfig(text);
  const file = JSON5.parse(text) as JsonObject;
  const wanted = setPrimary(file, name);
  const edited = jju.update(text, wanted, MODE);
  parseConfig(edited);
  if (isDeepStrictEqual(JSON5.parse(edited), wanted)) return edited;
  throw new HostError(
    "config.invalid",
    "Cannot change openclaw.json: it is written in a way that is not understood",
    {
      fix: `Write agents: { defaults: { model: { primary: ${JSON.stringify(name)} } } } there`,
    },
  );
}

/** Where the main agent has a model of its own, that one counts. */
function setPrimary(file: JsonObject, name: string): JsonObject {
  const agents = objectAt(file, "agents");
  const entries = objectAt(agents, "entries");
  const main = objectAt(entries, "main");
  if (main.model !== undefined) {
    const changed = { ...main, model: withPrimary(main.model, name) };
    return { ...file, agents: { ...agents, entries: { ...entries, main: changed } } };
  }
  const list = Array.isArray(agents.list) ? agents.list : [];
  const isMain = (one: JsonValue) => isJsonObject(one) && one.id === "main" && one.model !== undefined;
  if (list.some(isMain)) {
    const changed = list.map((one) =>
      isJsonObject(one) && isMain(one) ? { ...one, model: withPrimary(one.model, name) } : one,
    );
    return { ...file, agents: { ...agents, list: changed } };
  }
  const defaults = objectAt(agents, "defaults");
  const model = withPrimary(defaults.model, name);
  return { ...file, agents: { ...agents, defaults: { ...defaults, model } } };
}

/** Fallbacks stay. */
function withPrimary(model: JsonValue | undefined, name: string): JsonValue {
  if (typeof model === "string") return name;
  return isJsonObject(model) ? { ...model, primary: name } : { primary: name };
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}
