/**
 * The keys of model providers over auth-profiles.json: read with each request, and what became of each written back.
 *
 * One writer at a time, and the whole file or nothing, so that two failures at once lose no key.
 */
import { readFile } from "node:fs/promises";
import type { Clock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import {
  readAuthKeys,
  withKeyUsage,
  type AuthKey,
  type AuthKeys,
  type KeyUsage,
} from "#host/config/auth-profiles.ts";
import type { Config, ProviderConfig } from "#host/config/config.ts";
import type { Environment } from "#host/config/environment.ts";
import { createKeyRing, keyStatus, type KeyStatus } from "#host/llm/key-ring.ts";
import type { KeyRing } from "#host/llm/keys.ts";
import { replaceFile } from "./replace-file.ts";

export interface ProviderKeys {
  /** Providers that there is a key for in auth-profiles.json or a variable. */
  providers(): Promise<readonly string[]>;
  ringOf(provider: Pick<ProviderConfig, "id" | "apiKey">): KeyRing;
  /** Of all providers; never a key. */
  status(configured: Config["providers"]): Promise<readonly KeyStatus[]>;
}

export interface ProviderKeysDeps {
  readonly path: string;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
}

const PRIVATE_FILE = 0o600;

export function createProviderKeys({ path, environment, clock, log }: ProviderKeysDeps): ProviderKeys {
  const read = () => readAuthKeys(path, environment);
  /** Of a key in openclaw.json: it has no place there, and counts until the host ends. */
  const ofConfig = new Map<string, KeyUsage>();
  let writing: Promise<void> = Promise.resolve();
  const save = (profile: string, usage: KeyUsage | null): Promise<void> => {
    writing = writing.catch(() => {}).then(() => saveUsage(path, profile, usage));
    return writing;
  };
  const keysOf = (
    keys: AuthKeys,
    { id, apiKey }: Pick<ProviderConfig, "id" | "apiKey">,
  ): readonly AuthKey[] => {
    const found = keys.get(id) ?? [];
    if (apiKey === null) return found;
    const profile = configProfile(id);
    return [
      { profile, secret: apiKey, stats: ofConfig.get(profile) ?? {} },
      ...found.filter((one) => one.secret !== apiKey),
    ];
  };
  return {
    providers: async () => [...(await read()).keys()],
    ringOf: (provider) =>
      createKeyRing({
        provider: provider.id,
        load: async () => keysOf(await read(), provider),
        async save(profile, usage) {
          if (profile !== configProfile(provider.id)) return await save(profile, usage);
          if (usage === null) ofConfig.delete(profile);
          else ofConfig.set(profile, usage);
        },
        clock,
        log,
      }),
    async status(configured) {
      const keys = await read();
      const ids = new Set([...Object.keys(configured), ...keys.keys()]);
      const now = clock.now();
      return [...ids].flatMap((id) =>
        keysOf(keys, { id, apiKey: configured[id]?.apiKey ?? null }).map((key) => keyStatus(id, key, now)),
      );
    },
  };
}

function configProfile(provider: string): string {
  return `${provider}:config`;
}

async function saveUsage(path: string, profile: string, usage: KeyUsage | null): Promise<void> {
  const edited = withKeyUsage(await readFile(path, "utf8"), profile, usage);
  if (edited === null) {
    throw new HostError("config.invalid", `Cannot write "${path}": it is not as OpenClaw writes it`, {
      fix: "Mend the file",
    });
  }
  replaceFile(path, edited, PRIVATE_FILE);
}
