/**
 * The gateway as a process: opens the host, listens, says where, and ends cleanly.
 *
 * Guarantees that the port is taken before anything else is touched, that `/readyz` tells what the start still
 * waits for, and that a stop ends within the five seconds that its owner waits.
 */
import { GATEWAY } from "#host/base/limits.ts";
import type { RunningServer, ServerApp } from "#host/base/server.ts";
import type { Wall } from "#host/base/wall.ts";
import { loadPageAssets } from "#host/gateway/assets.ts";
import { createGateway, type Gateway } from "#host/gateway/gateway.ts";
import type { GatewayPorts } from "#host/gateway/ports.ts";
import { createPluginsPort } from "#host/registry/plugins-port.ts";
import { loadServe } from "#host/serve/serve.ts";
import { mergeApprovals } from "./approvals.ts";
import { bannerOf } from "./banner.ts";
import { openHost, type Host, type HostOptions } from "./compose.ts";
import { modelsPortOf } from "./models.ts";
import { release } from "./release.ts";
import { comparedWithAllowlist } from "./outside-allowlist.ts";
import { createRoutes } from "./routes.ts";
import { waitingForRestart } from "./restart-keys.ts";
import { createSecretsPort } from "./secrets.ts";
import { createSkillsPort } from "./skills.ts";
import { behindSquid, readRendered } from "./squid-rendered.ts";
import { forgetRunning, noteRunning } from "./running.ts";

export interface RunOptions extends HostOptions {
  /** Goes before the configured port. */
  readonly port: number | null;
  /** How the command line is called here, for what is printed. */
  readonly cli: string;
  readonly runtime: string;
  readonly print: (text: string) => void;
  /** Resolves when the process is told to stop. */
  readonly untilStopped: Promise<string>;
}

/** Resolves with the exit code once everything has ended. Rejects with a HostError if it cannot start. */
export async function runGateway(options: RunOptions): Promise<number> {
  const host = await openHost(options);
  try {
    const running = await listen(host, options);
    host.chat.resume().catch((error: unknown) => host.log.error("what waited cannot be read", { error }));
    const reason = await options.untilStopped;
    host.log.info("stopping", { reason });
    forgetRunning(host.paths);
    running.gateway.close(reason);
    await running.server.stop();
  } finally {
    await host.close();
  }
  return 0;
}

interface Running {
  readonly gateway: Gateway;
  readonly server: RunningServer;
}

async function listen(host: Host, options: RunOptions): Promise<Running> {
  const [serve, page] = await Promise.all([loadServe(), loadPageAssets(release.page)]);
  const front: { gateway: Gateway | null } = { gateway: null };
  const { port } = host.config.current().gateway;
  const server = await serve({
    hostname: "127.0.0.1",
    port: options.port ?? port,
    app: behind(front),
    maxMessageBytes: GATEWAY.maxPayloadBytes,
    maxBufferedBytes: GATEWAY.maxBufferedBytes,
  });
  const starting = { reason: "plugins are being read" as string | null };
  front.gateway = createGateway({
    ports: portsOf(host, starting, options.runtime),
    settings: settingsOf(host, server.port),
    log: host.log.child("gateway"),
    clock: host.clock,
    page,
  });
  await Promise.all([host.registry.start(), host.models.refresh()]);
  starting.reason = null;
  noteRunning(host.paths, server.port);
  await Promise.race([host.registry.settled(), atMost(READING_LIMIT_MS), options.untilStopped]);
  options.print(banner(host, front.gateway, options));
  tryWalls(host);
  return { gateway: front.gateway, server };
}

/** What is printed should name the plugins; it does not wait longer than a person likes to. */
const READING_LIMIT_MS = 3_000;

function atMost(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** The listener stands before the gateway can be made, because its port may be the system's choice. */
function behind(front: { readonly gateway: Gateway | null }): ServerApp {
  const early = () => new Response("starting\n", { status: 503 });
  return {
    fetch: (request, peer) => front.gateway?.fetch(request, peer) ?? early(),
    upgrade: (request, peer) => front.gateway?.upgrade(request, peer) ?? early(),
  };
}

function portsOf(host: Host, starting: { readonly reason: string | null }, runtime: string): GatewayPorts {
  const { registry, broker, config } = host;
  const rendered = () => readRendered(host.paths);
  const plugins = comparedWithAllowlist(
    createPluginsPort(registry),
    host.allowlist,
    (id) => registry.rightsOf(id).config,
    rendered,
  );
  return {
    chat: host.chat,
    sessions: host.sessions,
    models: modelsPortOf(host),
    plugins,
    skills: createSkillsPort({ registry, paths: host.paths, config: config.current }),
    approvals: mergeApprovals([
      broker.asks,
      { list: registry.approvals, resolve: registry.resolveApproval, subscribe: registry.onApproval },
    ]),
    devices: host.devices,
    audit: host.audit,
    usage: host.usage,
    routes: createRoutes({
      inbound: broker.inbound,
      registry,
      sandboxes: host.sandboxes,
      // No channel runs yet that an address could name an account of.
      accountCode: () => null,
      log: host.log.child("routes"),
    }),
    secrets: createSecretsPort(host.vault, registry),
    health: {
      notReady: () => starting.reason,
      walls: () => wallsOf(host),
      facts: () => ({
        runtime,
        platform: `${process.platform} ${process.arch}`,
        state: host.paths.root,
        configProblem: config.problem(),
        configWaitsForRestart: waitingForRestart(host.started, config.current()),
        unusedConfigKeys: [...config.current().unused],
        proxy: config.current().network.proxy !== null,
        behindSquid: behindSquid(plugins.list(), host.allowlist(), rendered()),
      }),
    },
  };
}

function settingsOf(host: Host, port: number) {
  const { token, allowedOrigins } = host.config.current().gateway;
  return {
    port,
    token,
    allowedOrigins,
    version: host.version,
    stateDir: host.paths.root,
    configPath: host.paths.config,
  };
}

function banner(host: Host, gateway: Gateway, { runtime, cli }: RunOptions): string {
  return bannerOf({
    version: host.version,
    runtime,
    cli,
    address: gateway.mintAddress().url,
    stateDir: host.paths.root,
    model: host.models.status(),
    plugins: host.registry.plugins(),
    walls: wallsOf(host),
    configProblem: host.config.problem(),
  });
}

/** In the background: what stands is known soon after the start, and the start does not wait for it. */
function tryWalls(host: Host): void {
  Promise.all([host.sandboxes.probe(), host.broker.commands.probe()])
    .then(() => {
      for (const wall of wallsOf(host)) {
        if (wall.state === "missing")
          host.log.warn(`a wall is missing: ${wall.id}`, { detail: wall.detail, fix: wall.fix ?? "" });
      }
    })
    .catch((error: unknown) => host.log.error("no sandbox can be started, so no plugin runs", { error }));
}

function wallsOf({ sandboxes, broker }: Host): readonly Wall[] {
  return [...sandboxes.walls(), broker.commands.wall()];
}
