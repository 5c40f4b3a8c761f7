/**
 * How an agent talks (`agents.defaults`, `agents.entries.*`): keys and meaning as OpenClaw has them.
 *
 * What an agent does not say itself is taken from the defaults, key by key, then from the host's own.
 */
import * as v from "valibot";
import { AGENT_SETTINGS, type AgentSettings, type BlockStreaming } from "#host/base/agent-settings.ts";
import { QUEUE_DROPS, QUEUE_MODES, type QueueSettings } from "#host/base/queue-settings.ts";

const count = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`;
  return v.optional(v.pipe(v.number(rule), v.integer(rule), v.minValue(least, rule), v.maxValue(most, rule)));
};
const switched = v.picklist(["on", "off"], 'must be "on" or "off"');
const BREAKS = ["paragraph", "newline", "sentence"] as const;
/** Shorter ones would leave no room for a code fence's own lines. */
const MIN_BLOCK = 200;
const MAX_BLOCK = 100_000;
/** Every turn pays for them. */
const MAX_FILE_CHARS = 1_000_000;

export const agentSettingEntries = {
  bootstrapMaxChars: count(1, MAX_FILE_CHARS),
  bootstrapTotalMaxChars: count(1, MAX_FILE_CHARS),
  blockStreamingDefault: v.optional(switched),
  blockStreamingBreak: v.optional(
    v.picklist(["text_end", "message_end"], 'must be "text_end" or "message_end"'),
  ),
  blockStreamingChunk: v.optional(
    v.strictObject({
      minChars: count(1, MAX_BLOCK),
      maxChars: count(MIN_BLOCK, MAX_BLOCK),
      breakPreference: v.optional(v.picklist(BREAKS, `must be one of ${BREAKS.join(", ")}`)),
    }),
  ),
  blockStreamingCoalesce: v.optional(
    v.strictObject({
      minChars: count(1, MAX_BLOCK),
      maxChars: count(MIN_BLOCK, MAX_BLOCK),
      idleMs: count(0, 60_000),
    }),
  ),
};

const mode = v.picklist(QUEUE_MODES, `must be one of ${QUEUE_MODES.join(", ")}`);

/** `messages.queue` */
export const queueEntries = {
  mode: v.optional(mode),
  byChannel: v.optional(v.record(v.string(), mode)),
  debounceMs: count(0, 60_000),
  cap: count(1, 1_000),
  drop: v.optional(v.picklist(QUEUE_DROPS, `must be one of ${QUEUE_DROPS.join(", ")}`)),
};

export function queueOf({
  mode: wanted,
  byChannel,
  debounceMs,
  cap,
  drop,
}: v.InferOutput<v.ObjectSchema<typeof queueEntries, undefined>>): Partial<QueueSettings> {
  return withoutUndefined({ mode: wanted, byChannel, debounceMs, cap, drop }) as Partial<QueueSettings>;
}

type Written = v.InferOutput<v.ObjectSchema<typeof agentSettingEntries, undefined>>;

export function agentSettingsOf(agent: Written, defaults: Written): AgentSettings {
  const settings = { ...defaults, ...withoutUndefined(agent) };
  const { files } = AGENT_SETTINGS;
  return {
    blocks: blocksOf(settings),
    files: {
      maxChars: settings.bootstrapMaxChars ?? files.maxChars,
      totalMaxChars: settings.bootstrapTotalMaxChars ?? files.totalMaxChars,
    },
  };
}

function blocksOf(settings: Written): BlockStreaming {
  const { blocks } = AGENT_SETTINGS;
  const chunk = { ...settings.blockStreamingChunk };
  const maxChars = chunk.maxChars ?? Math.max(blocks.maxChars, chunk.minChars ?? 0);
  const minChars = Math.min(chunk.minChars ?? blocks.minChars, maxChars);
  const coalesce = settings.blockStreamingCoalesce;
  return {
    isDefault: settings.blockStreamingDefault === "on",
    break: settings.blockStreamingBreak ?? blocks.break,
    minChars,
    maxChars,
    breakPreference: chunk.breakPreference ?? blocks.breakPreference,
    coalesce:
      coalesce === undefined
        ? null
        : {
            minChars: coalesce.minChars ?? minChars,
            maxChars: coalesce.maxChars ?? maxChars,
            idleMs: coalesce.idleMs ?? 1_000,
          },
  };
}

function withoutUndefined<Values extends object>(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Values;
}
