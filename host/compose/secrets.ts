/** The owner's secrets as people's programs see them: which there are and which are wanted, never a value. */
import { exportSecrets, importSecrets } from "#host/broker/secrets/bundle.ts";
import type { SecretVault } from "#host/broker/secrets/vault.ts";
import type { SecretsPort, SecretSummary } from "#host/gateway/ports.ts";
import type { Registry } from "#host/registry/contract.ts";
import { useOf } from "#manifests/secrets.ts";

export function createSecretsPort(
  vault: SecretVault,
  registry: Pick<Registry, "plugins" | "rightsOf">,
): SecretsPort {
  /** Captured ones are nobody's to set. A secret with several places stands once. */
  const usesOf = (pluginId: string) =>
    new Map(
      registry
        .rightsOf(pluginId)
        .rights.secrets.filter(({ use }) => use !== "capture")
        .map((secret) => [secret.name, useOf(secret)]),
    );

  return {
    async list() {
      const stored = await vault.list();
      const kept = stored.map((one): SecretSummary => ({
        ...one,
        use: usesOf(one.pluginId).get(one.name) ?? null,
      }));
      const isKept = (pluginId: string, name: string) =>
        kept.some((one) => one.pluginId === pluginId && one.name === name);
      const wanted = registry
        .plugins()
        .flatMap(({ id }) =>
          [...usesOf(id)].flatMap(([name, use]): SecretSummary[] =>
            isKept(id, name) ? [] : [{ pluginId: id, name, use, setAt: null }],
          ),
        );
      return [...kept, ...wanted];
    },
    async set(pluginId, name, value) {
      await vault.set(pluginId, name, value);
      return { use: usesOf(pluginId).get(name) ?? null };
    },
    remove: (pluginId, name) => vault.remove(pluginId, name),
    export: (passphrase) => exportSecrets(vault, passphrase),
    import: (text, passphrase) => importSecrets(vault, text, passphrase),
  };
}
