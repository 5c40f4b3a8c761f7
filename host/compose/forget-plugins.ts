/**
 * What the broker remembers of a plugin ends with the rights that it had.
 *
 * A plugin that goes, or whose rights change, loses its open questions and its answers for the session; one
 * that goes or holds nothing any more also loses what was allowed for ever, so that another plugin of the
 * same name starts with nothing.
 */
import type { Log } from "#host/base/log.ts";
import type { Broker } from "#host/broker/broker.ts";
import type { Registry } from "#host/registry/contract.ts";

export interface ForgetDeps {
  readonly registry: Pick<Registry, "plugins" | "rightsOf" | "onChange">;
  readonly broker: Pick<Broker, "forget">;
  readonly forgetAlways: (pluginId: string) => Promise<void>;
  readonly log: Log;
}

export function forgetPlugins({ registry, broker, forgetAlways, log }: ForgetDeps): void {
  /** Rights by plugin, as text, as they were at the last change. */
  let known = new Map<string, string>();
  const look = () =>
    new Map(registry.plugins().map(({ id }) => [id, JSON.stringify(registry.rightsOf(id).rights)]));
  const nothing = JSON.stringify(registry.rightsOf("").rights);

  registry.onChange(() => {
    const before = known;
    known = look();
    for (const [id, rights] of before) {
      const now = known.get(id);
      if (now === rights) continue;
      const ends = now === undefined || now === nothing ? forgetAlways(id) : Promise.resolve();
      Promise.all([broker.forget(id), ends]).catch((error: unknown) =>
        log.error("a plugin was not forgotten", { plugin: id, error }),
      );
    }
  });
}
