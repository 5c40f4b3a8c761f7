/**
 * Where the owner's npm gets its packages from: npm is asked, because it knows of mirrors and private registries.
 *
 * Only a setting is read; nothing is downloaded here.
 */
import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { HostError } from "#host/base/errors.ts";
import type { Environment } from "#host/config/environment.ts";

const ASK_LIMIT_MS = 10_000;

/** Base URL without a slash at its end. Rejects with `request.invalid` where npm cannot tell. */
export async function findNpmRegistry(environment: Environment): Promise<string> {
  const registry = (environment["npm_config_registry"] || (await askNpm(environment))).trim();
  if (URL.canParse(registry)) return registry.replace(/\/+$/, "");
  throw unknown(`it names "${registry}", which is no address`);
}

function askNpm(environment: Environment): Promise<string> {
  const options = { cwd: homedir(), env: { ...environment }, timeout: ASK_LIMIT_MS };
  return new Promise((resolve, reject) => {
    execFile("npm", ["config", "get", "registry"], options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(unknown("it cannot be run", error));
    });
  });
}

function unknown(why: string, cause?: unknown): HostError {
  return new HostError("request.invalid", `Cannot ask npm for its registry: ${why}`, {
    fix: "Install npm, or download the package elsewhere with npm pack and install the .tgz file",
    cause,
  });
}
