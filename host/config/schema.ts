/**
 * openclaw.json: the keys that this host reads, with upstream's names and meaning, and the rule of each.
 *
 * Strict on every level: a key that is neither here nor in `keys.ts` is a mistake that is told, not
 * ignored. `network` and `budgets` are the blocks that upstream does not have.
 */
import * as v from "valibot";
import { agentSettingEntries, queueEntries } from "./agent-settings.ts";
import { KEPT_KEYS } from "./keys.ts";

/** API names of upstream's model providers; those that this host speaks come first. */
export const MODEL_APIS = [
  "ollama",
  "openai-completions",
  "openai-responses",
  "anthropic-messages",
  "openai-codex-responses",
  "azure-openai-responses",
  "google-generative-ai",
  "github-copilot",
  "bedrock-converse-stream",
] as const;

const text = v.pipe(v.string("must be a text"), v.nonEmpty("must not be empty"));
const flag = v.boolean("must be true or false");
const names = v.array(text, "must be a list of texts");
const anything = v.record(v.string(), v.unknown(), "must be an object");

const PORT_RULE = "must be a whole number from 1 to 65535";
export const PortSchema = v.pipe(
  v.number(PORT_RULE),
  v.integer(PORT_RULE),
  v.minValue(1, PORT_RULE),
  v.maxValue(65_535, PORT_RULE),
);

const httpUrl = v.pipe(
  text,
  v.check((value) => isHttpUrl(value), 'must be an address that starts with "http://" or "https://"'),
);

const origin = v.pipe(
  text,
  v.check(
    (value) => isHttpUrl(value) && new URL(value).origin === value.replace(/\/$/, ""),
    'must be an origin like "https://chat.example.org"',
  ),
);

/** A secret itself, `${NAME}` for an environment variable, or upstream's reference to one. */
export const SecretSchema = v.union(
  [
    text,
    v.strictObject({
      source: v.literal("env", 'must be "env", the only source that this host has'),
      provider: v.optional(text),
      id: text,
    }),
  ],
  'must be a text, "${NAME}" or {source: "env", id: "NAME"}',
);
export type Secret = v.InferOutput<typeof SecretSchema>;

/** `ollama/llama3.2`: a provider and its own name of the model. */
const modelName = v.pipe(
  text,
  v.regex(/^[^/\s]+\/\S+$/, 'must be "provider/model", for example "ollama/llama3.2"'),
);
const model = v.union(
  [modelName, v.strictObject({ primary: v.optional(modelName), fallbacks: v.optional(v.array(modelName)) })],
  'must be "provider/model", for example "ollama/llama3.2", or {primary, fallbacks} of such names',
);

const agentEntries = { model: v.optional(model), workspace: v.optional(text), ...agentSettingEntries };
const agentKeys = { ...agentEntries, name: v.optional(text) };

/** An object with these keys and those that `keys.ts` keeps at this path, whose values nobody looks at. */
function object<const Entries extends v.ObjectEntries>(path: string, entries: Entries) {
  const kept = Object.fromEntries((KEPT_KEYS[path] ?? []).map((name) => [name, v.optional(v.unknown())]));
  return v.strictObject({ ...kept, ...entries } as Entries, "must be an object");
}

function section<const Entries extends v.ObjectEntries>(path: string, entries: Entries) {
  return v.optional(object(path, entries));
}

const gateway = section("gateway", {
  port: v.optional(PortSchema),
  mode: v.optional(v.literal("local", 'must be "local": this host is the gateway')),
  bind: v.optional(
    v.literal("loopback", 'must be "loopback": put a reverse proxy in front to be reached from elsewhere'),
  ),
  auth: section("gateway.auth", {
    mode: v.optional(v.literal("token", 'must be "token", the only way to sign in that this host has')),
    token: v.optional(SecretSchema),
  }),
  controlUi: section("gateway.controlUi", { allowedOrigins: v.optional(v.array(origin, "must be a list")) }),
});

const agents = section("agents", {
  defaults: section("agents.defaults", agentEntries),
  entries: v.optional(v.record(text, object("agents.entries.*", agentKeys))),
  list: v.optional(v.array(object("agents.list.*", { ...agentKeys, id: text }))),
});

const COUNT_RULE = "must be a whole number above 0";
const tokens = v.pipe(v.number(COUNT_RULE), v.integer(COUNT_RULE), v.minValue(1, COUNT_RULE));

const KEEP_ALIVE_RULE = 'must be a number of seconds or a time like "30m"; -1 keeps the model loaded';
/** Upstream hands all of `params` to the model's server; these are the ones that this host reads. */
const params = v.looseObject({
  num_ctx: v.optional(tokens),
  keep_alive: v.optional(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+(ms|s|m|h)?$/))], KEEP_ALIVE_RULE),
  ),
});

const PRICE_RULE = "must be dollars for a million tokens, 0 or more";
const price = v.pipe(v.number(PRICE_RULE), v.minValue(0, PRICE_RULE));

const providerModel = v.looseObject({
  id: text,
  contextTokens: v.optional(tokens),
  params: v.optional(params),
  cost: v.optional(
    v.looseObject({
      input: v.optional(price),
      output: v.optional(price),
      cacheRead: v.optional(price),
      cacheWrite: v.optional(price),
    }),
  ),
});

const models = section("models", {
  providers: v.optional(
    v.record(
      text,
      object("models.providers.*", {
        baseUrl: v.optional(httpUrl),
        api: v.optional(v.picklist(MODEL_APIS, `must be one of ${MODEL_APIS.join(", ")}`)),
        apiKey: v.optional(SecretSchema),
        contextTokens: v.optional(tokens),
        params: v.optional(params),
        models: v.optional(v.array(providerModel)),
      }),
    ),
  ),
});

const plugins = section("plugins", {
  enabled: v.optional(flag),
  allow: v.optional(names),
  deny: v.optional(names),
  load: v.optional(v.strictObject({ paths: v.optional(names) })),
  entries: v.optional(
    v.record(text, object("plugins.entries.*", { enabled: v.optional(flag), config: v.optional(anything) })),
  ),
});

const skills = section("skills", {
  load: section("skills.load", { extraDirs: v.optional(names) }),
  entries: v.optional(
    v.record(
      text,
      object("skills.entries.*", {
        enabled: v.optional(flag),
        apiKey: v.optional(SecretSchema),
        env: v.optional(v.record(v.string(), v.string())),
        config: v.optional(anything),
      }),
    ),
  ),
});

const LEVELS = ["debug", "info", "warn", "error", "trace", "fatal", "silent"] as const;

const logging = section("logging", {
  level: v.optional(v.picklist(LEVELS, `must be one of ${LEVELS.join(", ")}`)),
  format: v.optional(v.picklist(["text", "json"], 'must be "text" or "json"')),
});

const USD_RULE = "must be dollars above 0";
const bound = v.optional(
  v.strictObject(
    { tokens: v.optional(tokens), usd: v.optional(v.pipe(v.number(USD_RULE), v.gtValue(0, USD_RULE))) },
    "must be an object",
  ),
);

export const ConfigFileSchema = object("", {
  gateway,
  agents,
  models,
  plugins,
  skills,
  tools: section("tools", { allow: v.optional(names), deny: v.optional(names) }),
  channels: v.optional(v.record(text, anything)),
  messages: section("messages", { queue: section("messages.queue", queueEntries) }),
  logging,
  budgets: v.optional(v.strictObject({ day: bound, session: bound }, "must be an object")),
  network: v.optional(
    v.strictObject({ proxy: v.optional(httpUrl), allowlist: v.optional(text) }, "must be an object"),
  ),
});

/** The file as it was written and found valid. */
export type ConfigFile = v.InferOutput<typeof ConfigFileSchema>;
function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && ["http:", "https:"].includes(new URL(value).protocol);
}
