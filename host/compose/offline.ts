/** For the command line: where the gateway is, and the same plugin methods when it does not run. */
import { homedir } from "node:os";
import { HostError } from "#host/base/errors.ts";
import type { JsonObject, JsonValue } from "#host/base/json.ts";
import { createLog, type Log } from "#host/base/log.ts";
import { systemClock } from "#host/base/clock.ts";
import type { Environment } from "#host/config/environment.ts";
import { createConfig } from "#host/config/load.ts";
import { prepareState } from "#host/config/state.ts";
import { modelRows, modelsStatus } from "#host/gateway/model-rows.ts";
import { toPluginRow } from "#host/gateway/plugin-rows.ts";
import { skillsStatus } from "#host/gateway/skill-rows.ts";
import type { PluginSummary } from "#host/base/plugin.ts";
import { createPluginsPort } from "#host/registry/plugins-port.ts";
import { openHost, type HostOptions } from "./compose.ts";
import { comparedWithAllowlist } from "./outside-allowlist.ts";
import { createSecretsPort } from "./secrets.ts";
import { createSkillsPort } from "./skills.ts";
import { modelsPortOf } from "./models.ts";
import { readRunning } from "./running.ts";
import { behindSquid, readRendered } from "./squid-rendered.ts";

/** Address and token: of the gateway that runs, else of the configuration. Throws `config.invalid`. */
export function readAddress(stateDir: string, environment: Environment): { url: string; token: string } {
  const paths = prepareState(stateDir);
  const config = createConfig({ paths, homeDir: homedir(), environment, log: silent() });
  config.stop();
  const { port, token } = config.current().gateway;
  return { url: `ws://127.0.0.1:${readRunning(paths) ?? port}`, token };
}

export interface OfflineControl {
  request(method: string, params?: JsonObject): Promise<JsonValue>;
  onEvent(): void;
  close(): Promise<void>;
}

/** Takes the state folder's lock. Rejects with `store.busy` while a gateway holds it. */
export async function openOffline(options: HostOptions): Promise<OfflineControl> {
  const host = await openHost(options);
  await host.registry.start();
  await host.registry.settled();
  const plugins = comparedWithAllowlist(
    createPluginsPort(host.registry),
    host.allowlist,
    (id) => host.registry.rightsOf(id).config,
    () => readRendered(host.paths),
  );
  const skills = createSkillsPort({
    registry: host.registry,
    paths: host.paths,
    config: host.config.current,
  });
  const secrets = createSecretsPort(host.vault, host.registry);
  const looked = async () => {
    await host.models.refresh();
    return modelsPortOf(host);
  };
  const asJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as JsonValue;
  const one = async (plugin: Promise<PluginSummary>) => ({ plugin: toPluginRow(await plugin) });
  const methods: Readonly<Record<string, (params: JsonObject) => Promise<unknown>>> = {
    health: async () => ({
      walls: [...(await host.sandboxes.probe()), await host.broker.commands.probe()],
      facts: { behindSquid: behindSquid(plugins.list(), host.allowlist(), readRendered(host.paths)) },
    }),
    "models.list": async () => modelRows(await looked()),
    "models.status": async () => modelsStatus(await looked()),
    "audit.verify": () => host.audit.verify(),
    "audit.effects.list": async ({ pluginId, deniedOnly, limit }) => {
      const plugin = typeof pluginId === "string" ? pluginId : null;
      return {
        effects: await host.audit.list({ plugin, deniedOnly: deniedOnly === true, limit: Number(limit) }),
      };
    },
    "secrets.list": async () => ({ secrets: await secrets.list() }),
    "secrets.set": ({ pluginId, name, value }) => secrets.set(String(pluginId), String(name), String(value)),
    "secrets.remove": async ({ pluginId, name }) => ({
      removed: await secrets.remove(String(pluginId), String(name)),
    }),
    "secrets.export": async ({ passphrase }) => ({ text: await secrets.export(String(passphrase)) }),
    "secrets.import": async ({ text, passphrase }) => ({
      count: await secrets.import(String(text), String(passphrase)),
    }),
    "skills.status": async () => skillsStatus(skills),
    "plugins.list": async () => ({ plugins: plugins.list().map(toPluginRow) }),
    "plugins.grant": ({ pluginId, request }) => one(plugins.grant(String(pluginId), String(request))),
    "plugins.deny": ({ pluginId }) => one(plugins.deny(String(pluginId))),
    "plugins.revoke": ({ pluginId }) => one(plugins.revoke(String(pluginId))),
    "plugins.uninstall": async ({ pluginId }) => {
      await plugins.remove(String(pluginId));
      return {};
    },
    "plugins.install": ({ source, yes }) =>
      one(plugins.install({ source: String(source), yes: yes === true })),
  };
  return {
    async request(method, params = {}) {
      const run = methods[method];
      if (run === undefined) {
        throw new HostError("request.invalid", `Cannot do "${method}" while no gateway runs`, {
          fix: 'Start one with "openclaw gateway" (in a clone: npm start)',
        });
      }
      return asJson(await run(params));
    },
    onEvent() {},
    close: () => host.close(),
  };
}

function silent(): Log {
  return createLog({ clock: systemClock, level: "error", format: "text", write: () => {} });
}
