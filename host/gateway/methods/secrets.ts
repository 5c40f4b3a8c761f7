/** Plugins' secrets: which there are, set one, take one away. No method gives a value back in the clear. */
import * as v from "valibot";
import type { SecretsPort } from "#host/gateway/ports.ts";
import { defineMethod, type AnyMethod } from "./method.ts";

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const named = { pluginId: text, name: text };

export function secretMethods(secrets: SecretsPort): readonly AnyMethod[] {
  return [
    defineMethod({
      name: "secrets.list",
      scope: "operator.admin",
      params: v.strictObject({}),
      run: async () => ({ secrets: await secrets.list() }),
    }),
    defineMethod({
      name: "secrets.set",
      scope: "operator.admin",
      // How long a value may be is the store's rule, whose message does not show it.
      params: v.strictObject({ ...named, value: v.string() }),
      run: async ({ pluginId, name, value }) => ({ ok: true, ...(await secrets.set(pluginId, name, value)) }),
    }),
    defineMethod({
      name: "secrets.remove",
      scope: "operator.admin",
      params: v.strictObject(named),
      run: async ({ pluginId, name }) => ({ ok: true, removed: await secrets.remove(pluginId, name) }),
    }),
    defineMethod({
      name: "secrets.export",
      scope: "operator.admin",
      params: v.strictObject({ passphrase: v.string() }),
      run: async ({ passphrase }) => ({ text: await secrets.export(passphrase) }),
    }),
    defineMethod({
      name: "secrets.import",
      scope: "operator.admin",
      params: v.strictObject({ text: v.string(), passphrase: v.string() }),
      run: async ({ text: bundle, passphrase }) => ({
        ok: true,
        count: await secrets.import(bundle, passphrase),
      }),
    }),
  ];
}
