/** `tracingChannel` of `node:diagnostics_channel`: five channels around one operation. */
import { channel, type Channel, type Subscriber } from "./channel.ts";

const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;
type Channels = Readonly<Record<(typeof EVENTS)[number], Channel>>;
type Subscribers = Partial<Record<(typeof EVENTS)[number], Subscriber>>;
type Body = (...args: never[]) => unknown;
type Context = Record<string, unknown>;

class TracingChannel {
  readonly #channels: Channels;

  constructor(channels: Channels) {
    this.#channels = channels;
    Object.assign(this, channels);
  }

  get hasSubscribers(): boolean {
    return EVENTS.some((event) => this.#channels[event].hasSubscribers);
  }

  subscribe(subscribers: Subscribers): void {
    for (const event of EVENTS) {
      const subscriber = subscribers[event];
      if (subscriber !== undefined) this.#channels[event].subscribe(subscriber);
    }
  }

  unsubscribe(subscribers: Subscribers): boolean {
    return EVENTS.every((event) => {
      const subscriber = subscribers[event];
      return subscriber === undefined || this.#channels[event].unsubscribe(subscriber);
    });
  }

  traceSync(body: Body, context: Context = {}, self?: unknown, ...args: unknown[]): unknown {
    const { start, end, error } = this.#channels;
    return start.runStores(context, () => {
      try {
        return (context.result = Reflect.apply(body, self, args));
      } catch (thrown) {
        context.error = thrown;
        error.publish(context);
        throw thrown;
      } finally {
        end.publish(context);
      }
    });
  }

  tracePromise(body: Body, context: Context = {}, self?: unknown, ...args: unknown[]): unknown {
    const { asyncStart, asyncEnd, error } = this.#channels;
    const settle = (key: "result" | "error", value: unknown) => {
      context[key] = value;
      if (key === "error") error.publish(context);
      asyncStart.publish(context);
      asyncEnd.publish(context);
    };
    const promise = this.traceSync(body, context, self, ...args) as Promise<unknown>;
    return promise.then(
      (value) => (settle("result", value), value),
      (reason: unknown) => {
        settle("error", reason);
        throw reason;
      },
    );
  }

  traceCallback(
    body: Body,
    position = -1,
    context: Context = {},
    self?: unknown,
    ...args: unknown[]
  ): unknown {
    const { asyncStart, asyncEnd, error } = this.#channels;
    const at = position < 0 ? args.length + position : position;
    const callback = args[at] as Body;
    args[at] = function (this: unknown, failure: unknown, result: unknown) {
      if (failure) error.publish(Object.assign(context, { error: failure }));
      else context.result = result;
      return asyncStart.runStores(context, () => {
        try {
          return Reflect.apply(callback, this, [failure, result] as never[]);
        } finally {
          asyncEnd.publish(context);
        }
      });
    };
    return this.traceSync(body, context, self, ...args);
  }
}

export function tracingChannel(nameOrChannels: string | Channels): TracingChannel {
  if (typeof nameOrChannels !== "string") return new TracingChannel(nameOrChannels);
  const named = EVENTS.map((event) => [event, channel(`tracing:${nameOrChannels}:${event}`)]);
  return new TracingChannel(Object.fromEntries(named) as Channels);
}
