/**
 * Secrets of plugins: placeholders for them, signatures with them, and what an exchange needs of them.
 *
 * The one place that knows both a value and who may use it. A value leaves it in a request to its declared
 * domain, as a signature, or, where the manifest says `held` and the owner granted that, to the plugin.
 */
import { createHmac } from "node:crypto";
import type { Clock } from "#host/base/clock.ts";
import type { EffectReply, SecretEffect, SecretHmacEffect } from "#host/base/effect.ts";
import { SECRETS } from "#host/base/limits.ts";
import { EffectError } from "#host/broker/failure.ts";
import type { Facts, SecretPass } from "#host/broker/policy.ts";
import { createHopSecrets, type HopSecrets } from "./hop-secrets.ts";
import { createPlaceholders } from "./placeholders.ts";
import type { SecretVault } from "./vault.ts";

export interface Secrets {
  /** Null for a plugin that has no secrets: its requests pay nothing for those of others. */
  forHop(facts: Facts, url: URL): Promise<HopSecrets | null>;
  /** Does what was allowed. Rejects with an EffectError. */
  perform(
    pluginId: string,
    request: SecretEffect,
    pass: SecretPass,
    body: AsyncIterable<Uint8Array>,
  ): Promise<EffectReply>;
  /** The plugin's placeholders stand for nothing any more, and what was captured for it is gone. */
  forget(pluginId: string): void;
}

export function createSecrets(deps: {
  readonly vault: Pick<SecretVault, "values">;
  readonly clock: Clock;
}): Secrets {
  const { vault } = deps;
  const placeholders = createPlaceholders(deps.clock);
  return {
    async forHop(facts, url) {
      if (facts.rights.secrets.length === 0) return null;
      return createHopSecrets({ facts, url, placeholders, values: await vault.values(facts.plugin) });
    },
    async perform(pluginId, request, { name }, body) {
      const value = (await vault.values(pluginId)).get(name);
      if (value === undefined) throw notSet(pluginId, name);
      return { ok: true, head: await headOf(request, value), body: null };

      async function headOf(effect: SecretEffect, secret: string) {
        if (effect.kind === "secret.hmac") return { digest: await sign(effect, secret, body) };
        return effect.kind === "secret.reveal"
          ? { value: secret }
          : { placeholder: placeholders.of(pluginId, name) };
      }
    },
    forget: placeholders.forget,
  };
}

/** Hex. The bytes are signed as they come and never held together. */
async function sign(
  { algorithm }: SecretHmacEffect,
  secret: string,
  body: AsyncIterable<Uint8Array>,
): Promise<string> {
  const hmac = createHmac(algorithm, secret);
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > SECRETS.maxSignedBytes) {
      throw new EffectError("too-large", `Cannot sign more than ${SECRETS.maxSignedBytes} bytes`);
    }
    hmac.update(chunk);
  }
  return hmac.digest("hex");
}

function notSet(pluginId: string, name: string): EffectError {
  return new EffectError("not-found", `Cannot use the secret "${name}" of "${pluginId}": it is not set`, {
    fix: `Run: openclaw secret set ${pluginId} ${name}`,
  });
}
