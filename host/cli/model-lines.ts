/** `openclaw models list | status` for people. Pure. */
import { isJsonObject, type JsonObject, type JsonValue } from "#host/base/json.ts";
import { indented, table } from "./print.ts";
import { listOf } from "./status-lines.ts";

export function modelLines(rows: readonly JsonObject[]): string[] {
  if (rows.length === 0) return ["No server with models answers."];
  return table([["MODEL", "CONTEXT", "CAN", ""], ...rows.map(row)]);
}

function row(model: JsonObject): string[] {
  const { provider, id, contextWindow, supportsTools, reasoning, input, tags } = model;
  const can = [
    supportsTools === true ? "tools" : "",
    Array.isArray(input) && input.includes("image") ? "images" : "",
    reasoning === true ? "thinking" : "",
  ];
  const isDefault = Array.isArray(tags) && tags.includes("default");
  return [
    `${text(provider)}/${text(id)}`,
    typeof contextWindow === "number" ? String(contextWindow) : "-",
    can.filter((word) => word !== "").join(", ") || "-",
    isDefault ? "answers" : "",
  ];
}

/** `status` is the answer of `models.status`, `now` milliseconds since 1970. */
export function modelStatusLines(status: JsonObject, now: number): string[] {
  const model = isJsonObject(status.model) ? status.model : {};
  const lines = [`${text(model.provider)}/${text(model.model)} answers. ${text(model.why)}`];
  if (typeof model.problem === "string") lines.push(`Problem: ${model.problem}`);
  const loaded = listOf(status.loaded).map((one) => loadedRow(one, now));
  if (loaded.length > 0) lines.push("In memory:", ...indented(table(loaded)));
  const keys = listOf(status.keys).map(keyRow);
  if (keys.length > 0) lines.push("Keys:", ...indented(table(keys)));
  return lines;
}

function keyRow({ profile, state, reason, until }: JsonObject): string[] {
  const why = typeof until === "number" ? `until ${new Date(until).toISOString()} (${text(reason)})` : "";
  return [text(profile), text(state), why];
}

const GiB = 1024 ** 3;

function loadedRow(model: JsonObject, now: number): string[] {
  const bytes = Number(model.bytes);
  const onGpu = bytes > 0 ? Math.round((Number(model.gpuBytes) / bytes) * 100) : 0;
  const minutes =
    typeof model.until === "number" ? Math.max(0, Math.round((model.until - now) / 60_000)) : null;
  return [
    `${text(model.provider)}/${text(model.id)}`,
    `${(bytes / GiB).toFixed(1)} GiB, ${onGpu} % of it on a graphics card`,
    typeof model.contextTokens === "number" ? `context ${model.contextTokens}` : "",
    minutes === null ? "" : `for ${minutes} min more`,
  ];
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
