/**
 * The owner's answers that reach further than one effect: for a session, or for ever.
 *
 * Session answers live in memory and end with the host. Answers for ever are kept by the store; this room
 * only asks for them.
 */
import type { EffectIdentity } from "#host/base/effect.ts";

export interface AlwaysStore {
  always(pluginId: string): ReadonlySet<string>;
  rememberAlways(pluginId: string, subject: string): Promise<void>;
}

export interface Remembered {
  has(identity: EffectIdentity, subject: string): boolean;
  forSession(identity: EffectIdentity, subject: string): void;
  forever(pluginId: string, subject: string): Promise<void>;
  /** Takes back the session answers given to a plugin: its rights changed or it went. */
  forget(pluginId: string): void;
}

export function createRemembered(store: AlwaysStore, maxSessionAnswers: number): Remembered {
  /** Plugin, session and subject as one key, oldest first: a full memory asks again, it never guesses. */
  const answers = new Set<string>();
  const keyOf = (identity: EffectIdentity, subject: string) =>
    JSON.stringify([identity.plugin, identity.session, subject]);
  return {
    has: (identity, subject) =>
      (identity.session !== null && answers.has(keyOf(identity, subject))) ||
      store.always(identity.plugin).has(subject),
    forSession(identity, subject) {
      if (identity.session === null) return;
      answers.add(keyOf(identity, subject));
      const [oldest] = answers;
      if (answers.size > maxSessionAnswers && oldest !== undefined) answers.delete(oldest);
    },
    forever: (pluginId, subject) => store.rememberAlways(pluginId, subject),
    forget(pluginId) {
      const prefix = `[${JSON.stringify(pluginId)},`;
      for (const key of answers) if (key.startsWith(prefix)) answers.delete(key);
    },
  };
}
