import assert from "node:assert/strict";
import { test } from "node:test";
import { AGENT_SETTINGS } from "#host/base/agent-settings.ts";
import { HostError } from "#host/base/errors.ts";
import { pluginIsEnabled } from "./config.ts";
import { type Environment, parseOverrides } from "./environment.ts";
import { parseConfig } from "./parse.ts";
import { resolveConfig } from "./resolve.ts";
import { statePaths } from "./state.ts";

function resolved(text: string, environment: Environment = {}) {
  return resolveConfig(parseConfig(text), {
    paths: statePaths("/state"),
    homeDir: "/home/ada",
    environment,
    overrides: parseOverrides(environment),
    madeToken: () => "made",
  });
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof HostError && error.code === "config.invalid");
    return error.message;
  }
  return assert.fail("expected a refusal");
}

const settings = AGENT_SETTINGS;

test("an empty file means the defaults", () => {
  assert.deepEqual(resolved("{}"), {
    gateway: { port: 18789, token: "made", allowedOrigins: [] },
    agents: [{ id: "main", name: null, model: null, fallbacks: [], workspace: "/state/workspace", settings }],
    providers: {},
    plugins: { enabled: true, allow: null, deny: [], paths: [], entries: {} },
    skills: { extraDirs: [], entries: {} },
    tools: { allow: null, deny: [] },
    channels: {},
    queue: {},
    logging: { level: "info", format: null },
    budgets: { day: { tokens: null, usd: null }, session: { tokens: null, usd: null } },
    network: { proxy: null, allowlist: null },
    unused: [],
  });
});

test("the environment goes before the file", () => {
  const text =
    '{gateway: {port: 1, auth: {token: "file"}}, models: {providers: {ollama: {baseUrl: "http://a"}}}}';
  const environment = { OPENCLAW_GATEWAY_PORT: "2", OPENCLAW_GATEWAY_TOKEN: "env", OLLAMA_HOST: "b:3" };
  const config = resolved(text, environment);
  assert.equal(config.gateway.port, 2);
  assert.equal(config.gateway.token, "env");
  assert.equal(config.providers["ollama"]?.baseUrl, "http://b:3");
  const fromFile = resolved(text, { OPENCLAW_GATEWAY_PORT: "", OLLAMA_HOST: " " });
  assert.equal(fromFile.gateway.port, 1);
  assert.equal(fromFile.gateway.token, "file");
  assert.equal(fromFile.providers["ollama"]?.baseUrl, "http://a");
});

test("a wrong variable is an error that names it, its value and the rule", () => {
  for (const port of ["00", "65536", "80a", "-1", "1.5", "1e3"]) {
    assert.equal(
      refusal(() => parseOverrides({ OPENCLAW_GATEWAY_PORT: port })),
      `Cannot use OPENCLAW_GATEWAY_PORT="${port}": it must be a whole number from 0 to 65535`,
    );
  }
  assert.match(
    refusal(() => parseOverrides({ OLLAMA_HOST: "ftp://x" })),
    /OLLAMA_HOST="ftp:\/\/x": it must be an address/,
  );
});

test("a port that the system is to choose can be asked for by who starts the gateway, not in the file", () => {
  assert.equal(resolved("{}", { OPENCLAW_GATEWAY_PORT: "0" }).gateway.port, 0);
  assert.match(
    refusal(() => resolved("{gateway: {port: 0}}")),
    /from 1 to 65535/,
  );
});

test("agents of both spellings are joined over the defaults, main first", () => {
  const { agents } = resolved(`{agents: {
    defaults: {model: "ollama/base", workspace: "~/work"},
    entries: {other: {name: "Other", model: {primary: "a/b", fallbacks: ["c/d"]}, workspace: "rel"}},
    list: [{id: "main", workspace: "/abs/../abs2"}],
  }}`);
  assert.deepEqual(agents, [
    { id: "main", name: null, model: "ollama/base", fallbacks: [], workspace: "/abs2", settings },
    { id: "other", name: "Other", model: "a/b", fallbacks: ["c/d"], workspace: "/state/rel", settings },
  ]);
  assert.equal(resolved('{agents: {defaults: {workspace: "~/work"}}}').agents[0].workspace, "/home/ada/work");
});

test("a provider has the wire format of its name, and one of another format is kept, not used", () => {
  const { providers, unused } = resolved(`{models: {providers: {
    anthropic: {},
    lab: {baseUrl: "http://lab:1/v1/", contextTokens: 8192, params: {keep_alive: -1}, models: [
      {id: "m"},
      {id: "n", contextTokens: 9000, params: {num_ctx: 4096, keep_alive: "30m"}, cost: {input: 3, output: 15}},
    ]},
    google: {api: "google-generative-ai"},
  }}}`);
  const none = { contextTokens: null, keepAlive: null };
  assert.deepEqual(providers, {
    anthropic: {
      id: "anthropic",
      api: "anthropic-messages",
      baseUrl: null,
      apiKey: null,
      defaults: none,
      models: {},
    },
    lab: {
      id: "lab",
      api: "openai-completions",
      baseUrl: "http://lab:1/v1",
      apiKey: null,
      defaults: { contextTokens: 8_192, keepAlive: -1 },
      models: {
        m: { contextTokens: 8_192, keepAlive: -1, cost: null },
        n: { contextTokens: 4_096, keepAlive: "30m", cost: { input: 3, output: 15 } },
      },
    },
  });
  assert.deepEqual(unused, ["models.providers.google"]);
});

test("a provider that nobody knows needs an address", () => {
  assert.equal(
    refusal(() => resolved("{models: {providers: {lab: {}}}}")),
    'Missing key "models.providers.lab.baseUrl" in openclaw.json: only ollama, lmstudio, openai, anthropic go without',
  );
});

test("a secret may stand in a variable, and one that is not set is named", () => {
  const text = (secret: string) => `{gateway: {auth: {token: ${secret}}}}`;
  const environment = { TOKEN: "from env" };
  for (const secret of ['"${TOKEN}"', '{source: "env", provider: "default", id: "TOKEN"}']) {
    assert.equal(resolved(text(secret), environment).gateway.token, "from env");
    assert.equal(
      refusal(() => resolved(text(secret))),
      'Cannot use "gateway.auth.token": the environment variable "TOKEN" is not set',
    );
  }
  assert.match(
    refusal(() => resolved(text('"${constructor}"'))),
    /"constructor" is not set/,
  );
});

test("a plugin is enabled unless a list or its entry says otherwise", () => {
  const enabled = (text: string, id: string) => pluginIsEnabled(resolved(`{plugins: ${text}}`).plugins, id);
  assert.equal(enabled("{}", "dice"), true);
  assert.equal(enabled("{entries: {dice: {enabled: false}}}", "dice"), false);
  assert.equal(enabled("{entries: {dice: {config: {a: 1}}}}", "dice"), true);
  assert.equal(enabled('{deny: ["dice"]}', "dice"), false);
  assert.equal(enabled('{allow: ["read"]}', "dice"), false);
  assert.equal(enabled('{allow: ["dice"], deny: ["dice"]}', "dice"), false);
  assert.equal(enabled("{enabled: false}", "dice"), false);
});

test("how an agent talks is taken from itself, the defaults and the host, in this order", () => {
  const { agents } = resolved(`{agents: {
    defaults: {bootstrapMaxChars: 900, blockStreamingDefault: "on", blockStreamingChunk: {maxChars: 300}},
    list: [{id: "main"}, {id: "other", blockStreamingDefault: "off", blockStreamingCoalesce: {idleMs: 5}}],
  }}`);
  assert.deepEqual(agents[0].settings.files, { maxChars: 900, totalMaxChars: 60_000 });
  assert.deepEqual(agents[0].settings.blocks, {
    ...settings.blocks,
    isDefault: true,
    minChars: 300,
    maxChars: 300,
  });
  const coalesce = { minChars: 300, maxChars: 300, idleMs: 5 };
  assert.deepEqual(agents[1]?.settings.blocks, {
    ...settings.blocks,
    minChars: 300,
    maxChars: 300,
    coalesce,
  });
  assert.match(
    refusal(() => resolved("{agents: {defaults: {blockStreamingChunk: {maxChars: 9}}}}")),
    /blockStreamingChunk.maxChars.*must be a whole number from 200 to 100000/,
  );
});

test("how messages queue is taken as written, under OpenClaw's names, and other names are mistakes", () => {
  const text =
    '{messages: {ackReaction: "👀", queue: {mode: "collect", byChannel: {telegram: "steer"}, cap: 9}}}';
  const { queue, unused } = resolved(text);
  assert.deepEqual(queue, { mode: "collect", byChannel: { telegram: "steer" }, cap: 9 });
  assert.deepEqual(unused, ["messages.ackReaction"]);
  assert.match(
    refusal(() => resolved('{messages: {queue: {mode: "sideways"}}}')),
    /messages.queue.mode.*must be one of steer, followup, collect, interrupt/,
  );
});

test("budgets are taken as written, and what is not bounded is null", () => {
  assert.deepEqual(resolved("{budgets: {day: {tokens: 9, usd: 0.5}}}").budgets, {
    day: { tokens: 9, usd: 0.5 },
    session: { tokens: null, usd: null },
  });
  for (const wrong of ["{day: {token: 9}}", "{day: {tokens: 0}}", "{day: {usd: 0}}", "{month: {tokens: 1}}"])
    assert.throws(() => resolved(`{budgets: ${wrong}}`), { code: "config.invalid" }, wrong);
});
