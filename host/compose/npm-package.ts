/**
 * A package's archive from the npm registry, by the owner's own npm: its registry, its sign-in, its checks of
 * integrity count.
 *
 * Guarantees that nothing of the package runs, and that the proxy of the configuration is used where there is
 * one. Refuses what npm refuses, in npm's words.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostError } from "#host/base/errors.ts";
import type { Environment } from "#host/config/environment.ts";

/** A registry that does not answer is told before the owner has given up. */
const DOWNLOAD_LIMIT_MS = 120_000;

/** What npm needs of this process's variables; keys of model services are none of its business. */
const FOR_NPM = /^(?:PATH|HOME|TMPDIR|LANG|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|npm_config_\w+|NPM_\w+)$/i;

export interface NpmDeps {
  readonly environment: Environment;
  /** Address of the proxy that everything goes through; null if there is none. */
  readonly proxy: string | null;
}

/** `name` is a name that the registry room has checked. Rejects with `request.invalid`. */
export function createNpmDownload(deps: NpmDeps): (name: string) => Promise<Uint8Array> {
  return async (name) => {
    const folder = await mkdtemp(join(tmpdir(), "openclaw-npm-"));
    try {
      const printed = await pack(name, folder, deps);
      return await readFile(join(folder, archiveOf(printed)));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

function pack(name: string, cwd: string, { environment, proxy }: NpmDeps): Promise<string> {
  const proxies = proxy === null ? [] : ["--proxy", proxy, "--https-proxy", proxy, "--noproxy", ""];
  const args = ["pack", "--json", "--ignore-scripts", "--fetch-retries=1", ...proxies, "--", name];
  const env = Object.fromEntries(Object.entries(environment).filter(([key]) => FOR_NPM.test(key)));
  return new Promise((resolve, reject) => {
    execFile("npm", args, { cwd, env, timeout: DOWNLOAD_LIMIT_MS }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(refusal(name, error, stdout));
    });
  });
}

function archiveOf(printed: string): string {
  const [packed] = JSON.parse(printed) as readonly { readonly filename: string }[];
  // npm names the file `scope-name-1.0.0.tgz`; older ones print it as `@scope/name-1.0.0.tgz`.
  return (packed?.filename ?? "").replace(/^@/, "").replaceAll("/", "-");
}

function refusal(name: string, cause: Error, printed: string): HostError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT") {
    return new HostError("request.invalid", `Cannot install "${name}" from npm: there is no npm here`, {
      fix: `Install npm, or download the package elsewhere with "npm pack ${name}" and install the .tgz file`,
      cause,
    });
  }
  return new HostError("request.invalid", `Cannot install "${name}" from npm: ${summaryOf(printed)}`, {
    fix: "Check the name and the registry; a folder is named by its path, for example ./my-plugin",
    cause,
  });
}

function summaryOf(printed: string): string {
  try {
    const { error } = JSON.parse(printed) as { error: { summary: string } };
    return error.summary.split("\n", 1)[0] ?? "";
  } catch {
    return "it did not answer in time";
  }
}
