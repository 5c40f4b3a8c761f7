/**
 * Effects that the owner allowed a plugin for ever (`AlwaysStore` of host/broker). Kept in memory as well, because policy asks before
 * every effect; the memory is filled from the table and changed only after it.
 */
import { eq } from "drizzle-orm";
import { alwaysAllowed } from "#drizzle/sqlite/schema.ts";
import type { Clock } from "#host/base/clock.ts";
import type { Database } from "./database.ts";

export interface AlwaysAllowed {
  /** Subjects, for example `host:example.org`. */
  always(pluginId: string): ReadonlySet<string>;
  rememberAlways(pluginId: string, subject: string): Promise<void>;
  /** Forgets all that this plugin was allowed. */
  forgetAlways(pluginId: string): Promise<void>;
}

const NOTHING: ReadonlySet<string> = new Set();

export function createAlwaysAllowed(db: Database, clock: Clock): AlwaysAllowed {
  const known = new Map<string, Set<string>>();
  const note = (pluginId: string, subject: string) => {
    const subjects = known.get(pluginId);
    if (subjects === undefined) known.set(pluginId, new Set([subject]));
    else subjects.add(subject);
  };
  for (const row of db.select().from(alwaysAllowed).all()) note(row.pluginId, row.subject);

  return {
    always: (pluginId) => known.get(pluginId) ?? NOTHING,

    async rememberAlways(pluginId, subject) {
      const row = { pluginId, subject, createdAt: clock.now() };
      db.insert(alwaysAllowed).values(row).onConflictDoNothing().run();
      note(pluginId, subject);
    },

    async forgetAlways(pluginId) {
      db.delete(alwaysAllowed).where(eq(alwaysAllowed.pluginId, pluginId)).run();
      known.delete(pluginId);
    },
  };
}
