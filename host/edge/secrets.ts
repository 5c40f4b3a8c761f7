/** `ctx.secrets`: the broker's effects on secrets as the methods that a plugin author sees. */
import { performEffect } from "./effect.ts";
import type { PluginSecrets } from "#host/sdk/secrets.ts";
import type { EffectFrame } from "#host/pipe/protocol.ts";

export function createSecrets(signal: AbortSignal): PluginSecrets {
  /** One text of the answer's head. */
  const ask = async (request: EffectFrame["request"], key: string, body: Uint8Array | null = null) => {
    const { head } = await performEffect({ request, body, signal, errorKind: Error });
    return String(head[key]);
  };
  return {
    use: (name) => ask({ kind: "secret.use", name: String(name) }, "placeholder"),
    async hmac(name, data, algorithm = "sha256") {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      return fromHex(await ask({ kind: "secret.hmac", name: String(name), algorithm }, "digest", bytes));
    },
    reveal: (name) => ask({ kind: "secret.reveal", name: String(name) }, "value"),
  };
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
