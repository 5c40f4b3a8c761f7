/** One named channel of `node:diagnostics_channel`. */

export type Subscriber = (message: unknown, name: string | symbol) => void;

interface Store {
  run<Result>(store: unknown, body: () => Result): Result;
}

const channels = new Map<string | symbol, Channel>();

export class Channel {
  readonly name: string | symbol;
  #subscribers: readonly Subscriber[] = [];
  readonly #stores = new Map<Store, (message: unknown) => unknown>();

  constructor(name: string | symbol) {
    this.name = name;
  }

  get hasSubscribers(): boolean {
    return this.#subscribers.length > 0 || this.#stores.size > 0;
  }

  subscribe(subscriber: Subscriber): void {
    if (typeof subscriber !== "function")
      throw new TypeError('The "subscription" argument must be a function');
    this.#subscribers = [...this.#subscribers, subscriber];
  }

  unsubscribe(subscriber: Subscriber): boolean {
    const index = this.#subscribers.indexOf(subscriber);
    if (index < 0) return false;
    this.#subscribers = this.#subscribers.toSpliced(index, 1);
    return true;
  }

  /** What a subscriber throws is reported, and the others hear the message all the same. */
  publish(message: unknown): void {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(message, this.name);
      } catch (thrown) {
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
  }

  bindStore(store: Store, transform: (message: unknown) => unknown = (message) => message): void {
    this.#stores.set(store, transform);
  }

  unbindStore(store: Store): boolean {
    return this.#stores.delete(store);
  }

  runStores(
    message: unknown,
    body: (...args: never[]) => unknown,
    self?: unknown,
    ...args: unknown[]
  ): unknown {
    const inner = () => {
      this.publish(message);
      return Reflect.apply(body, self, args) as unknown;
    };
    const run = [...this.#stores].reduce<() => unknown>(
      (next, [store, transform]) =>
        () =>
          store.run(transform(message), next),
      inner,
    );
    return run();
  }
}

export function channel(name: string | symbol): Channel {
  const known = channels.get(name) ?? new Channel(name);
  channels.set(name, known);
  return known;
}
