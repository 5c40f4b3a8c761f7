/** What the shims need of the runtime (`host/edge/native-access.ts`): nothing that the plugin may not do anyway. */
import type { PluginStorage } from "#host/sdk/storage.ts";

interface NativeAccess {
  readonly storage: PluginStorage;
}

/** The plugin's own storage. Its keys that begin with `fs:` are the files of `node:fs`. */
export function storage(): PluginStorage {
  const access = (globalThis as unknown as Record<symbol, NativeAccess>)[Symbol.for("openclaw.native")];
  return (access as NativeAccess).storage;
}
