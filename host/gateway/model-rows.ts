/** Models as rows for clients: upstream's `models.list`, and `models.status`, which is our own. */
import type { ThinkingLevel } from "#host/base/thinking.ts";
import type { ModelsPort, ModelSummary } from "./ports.ts";
import type { ModelRow, ModelsStatusAnswer } from "./protocol/status.ts";

export async function modelRows(
  models: Pick<ModelsPort, "status" | "list">,
): Promise<{ models: readonly ModelRow[] }> {
  const { provider, model } = models.status();
  const rows = await models.list();
  return { models: rows.map((row) => toModelRow(row, row.provider === provider && row.id === model)) };
}

export async function modelsStatus(
  models: Pick<ModelsPort, "status" | "loaded" | "keys">,
): Promise<ModelsStatusAnswer> {
  const [loaded, keys] = await Promise.all([models.loaded(), models.keys()]);
  const model = { ...models.status() };
  return { model, loaded: loaded.map((one) => ({ ...one })), keys: keys.map((one) => ({ ...one })) };
}

function toModelRow(model: ModelSummary, isDefault: boolean): ModelRow {
  return {
    id: model.id,
    name: model.name,
    provider: model.provider,
    ...(model.contextWindow === null ? {} : { contextWindow: model.contextWindow }),
    reasoning: model.reasoning,
    supportsTools: model.supportsTools,
    tags: isDefault ? ["default"] : [],
    thinkingLevels: levelRows(model.thinkingLevels),
    thinkingDefault: "off",
    input: model.supportsImages ? ["text", "image"] : ["text"],
    available: true,
  };
}

/** Upstream has `off` for every model, and calls the one level of a model that only thinks or does not `on`. */
export function levelRows(levels: readonly ThinkingLevel[]): ModelRow["thinkingLevels"] {
  const ids = levels.length === 0 ? (["off"] as const) : levels;
  const isOnOff = ids.length === 2 && ids.includes("off");
  return ids.map((id) => ({ id, label: isOnOff && id !== "off" ? "on" : id }));
}
