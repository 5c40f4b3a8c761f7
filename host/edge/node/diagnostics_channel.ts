/** `node:diagnostics_channel`: named channels within one bundle. Nobody outside of the isolate listens. */
import { Channel, channel } from "./channel.ts";
import { tracingChannel } from "./tracing-channel.ts";
import type { Subscriber } from "./channel.ts";

export default {
  Channel,
  channel,
  hasSubscribers: (name: string) => channel(name).hasSubscribers,
  subscribe: (name: string, subscriber: Subscriber) => channel(name).subscribe(subscriber),
  tracingChannel,
  unsubscribe: (name: string, subscriber: Subscriber) => channel(name).unsubscribe(subscriber),
};
