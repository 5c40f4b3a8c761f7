/**
 * `/model` and `/think`: what one conversation uses. Without an argument they tell, with one they choose, and
 * `default` takes the choice back. What is not there is refused with what is.
 */
import type { SessionChoices } from "#host/base/session.ts";
import { nearestLevel, parseThinkingLevel, THINKING_LEVELS } from "#host/base/thinking.ts";
import type { ModelSelector } from "#host/llm/selector.ts";

export interface SessionCommands {
  model(sessionKey: string, args: string): Promise<string>;
  think(sessionKey: string, args: string): Promise<string>;
}

export interface SessionCommandsDeps {
  readonly models: Pick<ModelSelector, "forTurn" | "find" | "list">;
  readonly choices: SessionChoices;
}

/** Models that one answer lists. */
const LISTED = 30;

const DEFAULT = /^(default|reset|none|inherit)$/i;

export function createSessionCommands({ models, choices }: SessionCommandsDeps): SessionCommands {
  return {
    async model(key, args) {
      const asked = args.trim();
      if (asked === "" || /^(list|status)$/i.test(asked)) return await tellModel(models, choices, key);
      if (DEFAULT.test(asked)) {
        choices.choose(key, { model: null });
        return "The usual model answers here again.";
      }
      const found = await models.find(asked);
      if (found === null) return `There is no model \`${asked}\`.\n\n${await listText(models)}`;
      choices.choose(key, { model: found });
      return `\`${found}\` answers here from now on.`;
    },
    async think(key, args) {
      const asked = args.trim();
      const { model, thinking } = choices.settingsOf(key);
      const levels = (await models.forTurn(model)).model.thinkingLevels ?? [];
      const has = levels.length === 0 ? "The model does not think aloud." : `It has: ${levels.join(", ")}.`;
      if (asked === "") return `Thinking: ${thinking ?? "the model's own way"}. ${has}`;
      if (DEFAULT.test(asked)) {
        choices.choose(key, { thinking: null });
        return "The model thinks in its own way here again.";
      }
      const level = parseThinkingLevel(asked);
      if (level === null) return `There is no level \`${asked}\`. Levels: ${THINKING_LEVELS.join(", ")}.`;
      choices.choose(key, { thinking: level });
      const nearest = nearestLevel(level, levels);
      const instead = nearest === null || nearest === level ? "" : ` This model takes it as ${nearest}.`;
      return `Thinking here: ${level}.${instead}${levels.length === 0 ? ` ${has}` : ""}`;
    },
  };
}

async function tellModel(
  models: SessionCommandsDeps["models"],
  choices: SessionChoices,
  key: string,
): Promise<string> {
  const chosen = choices.settingsOf(key).model;
  const { provider, model, why } = await models.forTurn(chosen);
  return `\`${provider.id}/${model.id}\` answers here. ${why}\n\n${await listText(models)}`;
}

async function listText(models: Pick<ModelSelector, "list">): Promise<string> {
  const names = (await models.list()).map(({ provider, id }) => `- \`${provider}/${id}\``);
  const more = names.length > LISTED ? [`- and ${names.length - LISTED} more`] : [];
  return ["There are:", ...names.slice(0, LISTED), ...more].join("\n");
}
