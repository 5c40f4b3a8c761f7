/** Keys of the configuration that are read at start only. Pure. */
import type { Config } from "#host/config/config.ts";

const READ_AT_START: Readonly<Record<string, (config: Config) => unknown>> = {
  "gateway.port": (config) => config.gateway.port,
  "gateway.auth.token": (config) => config.gateway.token,
  "gateway.controlUi.allowedOrigins": (config) => config.gateway.allowedOrigins,
  "agents.defaults.workspace": (config) => config.agents[0].workspace,
  "skills.load.extraDirs": (config) => config.skills.extraDirs,
  "network.proxy": (config) => config.network.proxy,
  logging: (config) => config.logging,
};

/** Those that differ from what the gateway was started with: their new values count from the next start. */
export function waitingForRestart(started: Config, current: Config): string[] {
  return Object.entries(READ_AT_START).flatMap(([key, read]) =>
    JSON.stringify(read(started)) === JSON.stringify(read(current)) ? [] : [key],
  );
}
