/**
 * The storage of one account of a plugin: a part of the plugin's own, under a prefix that no account can leave.
 *
 * The account is the host's knowledge of the isolate. One quota holds for all of a plugin; what is removed with the
 * plugin goes for all accounts. Calls of no account see the whole, since it is the same plugin's code.
 */
import { accountIn } from "#host/base/account.ts";
import type { PluginStorage } from "./perform-storage.ts";

export function storageOf(whole: PluginStorage, session: string | null): PluginStorage {
  const account = accountIn(session);
  if (account === null) return whole;
  // No account's name holds a slash.
  const prefix = `account/${account}/`;
  return {
    get: (plugin, key) => whole.get(plugin, prefix + key),
    set: (plugin, key, value, quotaBytes) => whole.set(plugin, prefix + key, value, quotaBytes),
    delete: (plugin, key) => whole.delete(plugin, prefix + key),
    keys: (plugin, start, after, limit) =>
      whole
        .keys(plugin, prefix + start, after === null ? null : prefix + after, limit)
        .map((key) => key.slice(prefix.length)),
  };
}
