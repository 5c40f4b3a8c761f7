/**
 * An inbox in memory: what services brought, each event once by channel account and id, in the order in which it came.
 *
 * For as long as there is no durable one: what it holds is gone with the process, so nothing that matters is
 * acknowledged by it outside of tests. Refuses more than it has room for.
 */
import { accountKey, type AccountName } from "#host/base/account.ts";
import type { EffectReply } from "#host/base/effect.ts";
import type { JsonObject } from "#host/base/json.ts";
import { ACCOUNTS } from "#host/base/limits.ts";
import type { ChannelEvent } from "#host/sdk/message.ts";
import { parseEvent } from "./event.ts";

export interface StoredEvent extends AccountName {
  readonly event: ChannelEvent;
}

export interface MemoryInbox {
  receive(name: AccountName, event: JsonObject): Promise<EffectReply>;
  events(): readonly StoredEvent[];
}

export function createMemoryInbox(maxEvents: number = ACCOUNTS.memoryEvents): MemoryInbox {
  const stored = new Map<string, StoredEvent>();
  return {
    async receive(name, json) {
      const parsed = parseEvent(json);
      if (!parsed.ok) return failed("invalid", `Cannot take what the service brought: ${parsed.problem}`);
      const { event } = parsed;
      const key = JSON.stringify([accountKey(name), event.id]);
      const isNew = !stored.has(key);
      if (isNew && stored.size >= maxEvents)
        return failed("too-large", `The inbox holds ${maxEvents} events and takes no more`);
      if (isNew) stored.set(key, { ...name, event });
      return { ok: true, head: { new: isNew }, body: null };
    },
    events: () => [...stored.values()],
  };
}

function failed(code: "invalid" | "too-large", message: string): EffectReply {
  return { ok: false, failure: { code, message } };
}
