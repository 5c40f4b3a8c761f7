/* oxlint-disable unicorn/no-unnecessary-await -- what an await of no promise does is among what is tested */
/** node:async_hooks: a store follows everything that runs on behalf of the one who set it. */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import EventEmitter, { EventEmitterAsyncResource, on, once } from "node:events";
import { pipeline, Readable, Transform } from "node:stream";
import { setTimeout as later } from "node:timers/promises";
import { is, rejects, same, throws } from "../assertions.ts";
import { surroundings, test } from "../harness.ts";

const storage = new AsyncLocalStorage<string>();
const store = () => storage.getStore();

test("a store is there within run, and not before or after", () => {
  is(store(), undefined);
  is(
    storage.run("a", (x: number) => `${store()}${x}`, 1),
    "a1",
  );
  is(store(), undefined);
});

test("it survives await, also of a value that is no promise", async () => {
  await storage.run("a", async () => {
    await null;
    is(store(), "a");
    await Promise.resolve();
    is(store(), "a");
    await later(1);
    is(store(), "a");
  });
  is(store(), undefined);
});

test("it survives an await that throws, in catch and in finally", async () => {
  const seen: unknown[] = [];
  await storage.run("a", async () => {
    try {
      await later(1).then(() => Promise.reject(new Error("x")));
    } catch {
      seen.push(store());
      await later(1);
      seen.push(store());
    } finally {
      await null;
      seen.push(store());
    }
  });
  same(seen, ["a", "a", "a"]);
});

test("two at once keep theirs apart, step by step", async () => {
  const seen: string[] = [];
  const work = (name: string) =>
    storage.run(name, async () => {
      for (let step = 0; step < 5; step += 1) {
        await (step % 2 === 0 ? later(1) : null);
        seen.push(`${name}${store()}`);
      }
    });
  await Promise.all([work("a"), work("b"), work("c")]);
  same([...new Set(seen)].sort(), ["aa", "bb", "cc"]);
});

test("it survives Promise.all, race, any and allSettled, then, catch and finally", async () => {
  await storage.run("a", async () => {
    await Promise.all([later(1), later(2)]);
    is(store(), "a");
    await Promise.race([later(1), later(20)]);
    is(store(), "a");
    await Promise.any([Promise.reject(new Error()), later(1)]);
    is(store(), "a");
    await Promise.allSettled([Promise.reject(new Error())]);
    is(store(), "a");
    const seen: unknown[] = [];
    await Promise.reject(new Error())
      .catch(() => seen.push(store()))
      .then(() => seen.push(store()))
      .finally(() => seen.push(store()));
    same(seen, ["a", "a", "a"]);
  });
});

test("what follows a promise is its listener's, whoever settles it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting = storage.run("listener", () => promise.then(store));
  storage.run("settler", () => resolve());
  is(await waiting, "listener");
});

test("timers and microtasks carry it, intervals each time", async () => {
  const seen: unknown[] = [];
  await storage.run(
    "a",
    () =>
      new Promise<void>((resolve) => {
        setTimeout(() => seen.push(store()), 1);
        queueMicrotask(() => seen.push(store()));
        process.nextTick(() => seen.push(store()));
        setImmediate(() => seen.push(store()));
        const interval = setInterval(() => {
          seen.push(store());
          if (seen.length < 6) return;
          clearInterval(interval);
          resolve();
        }, 3);
      }),
  );
  same([...new Set(seen)], ["a"]);
});

test("run within run is undone, exit leaves, enterWith stays", async () => {
  await storage.run("a", async () => {
    await storage.run("b", async () => {
      await null;
      is(store(), "b");
    });
    is(store(), "a");
    is(storage.exit(store), undefined);
    is(store(), "a");
    storage.enterWith("c");
    await later(1);
    is(store(), "c");
  });
  is(store(), undefined);
});

test("several storages know nothing of each other", async () => {
  const other = new AsyncLocalStorage<number>();
  await storage.run("a", () =>
    other.run(1, async () => {
      await null;
      same([store(), other.getStore()], ["a", 1]);
      storage.exit(() => same([store(), other.getStore()], [undefined, 1]));
    }),
  );
});

test("what throws within run leaves nothing behind", async () => {
  throws(RangeError, () =>
    storage.run("a", () => {
      throw new RangeError();
    }),
  );
  is(store(), undefined);
  await rejects(
    RangeError,
    storage.run("a", async () => {
      await null;
      throw new RangeError();
    }),
  );
  is(store(), undefined);
});

test("bind and snapshot take it along", () => {
  const bound = storage.run("a", () => AsyncLocalStorage.bind(store));
  const snapshot = storage.run("b", () => AsyncLocalStorage.snapshot());
  is(bound(), "a");
  is(snapshot(store), "b");
});

test("listeners run for who emits; those of an AsyncResource for who made it", () => {
  const emitter = new EventEmitter();
  const seen: unknown[] = [];
  storage.run("listener", () => emitter.on("x", () => seen.push(store())));
  storage.run("emitter", () => emitter.emit("x"));
  const bound = storage.run("maker", () => new EventEmitterAsyncResource({ name: "Bound" }));
  bound.on("x", () => seen.push(store()));
  storage.run("emitter", () => bound.emit("x"));
  const resource = storage.run("resource", () => new AsyncResource("Own"));
  resource.runInAsyncScope(() => seen.push(store()));
  storage.run("caller", () => resource.bind(() => seen.push(store()))());
  same(seen, ["emitter", "maker", "resource", "resource"]);
});

test("events as promises and as iterators go on with the store of who waits", async () => {
  const emitter = new EventEmitter();
  const first = storage.run("a", async () => {
    await once(emitter, "x");
    return store();
  });
  const several = storage.run("b", async () => {
    const seen: unknown[] = [];
    for await (const [value] of on(emitter, "y")) {
      seen.push(value, store());
      if (seen.length >= 4) break;
    }
    return seen;
  });
  await later(1);
  emitter.emit("x");
  emitter.emit("y", 1);
  await later(1);
  emitter.emit("y", 2);
  is(await first, "a");
  same(await several, [1, "b", 2, "b"]);
});

test("async generators and for await keep it, also where they stop early", async () => {
  const seen: unknown[] = [];
  async function* numbers() {
    try {
      for (let number = 0; ; number += 1) {
        await later(1);
        seen.push(store());
        yield number;
      }
    } finally {
      await null;
      seen.push(`end ${store()}`);
    }
  }
  await storage.run("a", async () => {
    for await (const number of numbers()) {
      seen.push(store());
      if (number === 1) break;
    }
    seen.push(store());
  });
  same(seen, ["a", "a", "a", "a", "end a", "a"]);
});

test("streams of Node's and of the web go on with it", async () => {
  const seen: unknown[] = [];
  await storage.run("a", async () => {
    for await (const _ of Readable.from([1, 2])) seen.push(store());
    await new Promise<void>((resolve, reject) => {
      const noting = new Transform({
        objectMode: true,
        transform(chunk, _encoding, done) {
          seen.push(store());
          done(null, chunk);
        },
      });
      pipeline(Readable.from([1]), noting.resume(), (error) => (error ? reject(error) : resolve()));
    });
    const stream = new ReadableStream({
      async pull(controller) {
        await later(1);
        controller.enqueue(1);
        controller.close();
      },
    });
    for await (const _ of stream as unknown as AsyncIterable<number>) seen.push(store());
  });
  same(seen, ["a", "a", "a", "a"]);
});

test("it survives a fetch and the reading of its answer", async () => {
  await storage.run("a", async () => {
    const response = await fetch(`${surroundings().server}/`);
    is(store(), "a");
    await response.text();
    is(store(), "a");
  });
});

test("classes, methods and arrows keep this, super and arguments where they wait", async () => {
  class Base {
    async name(): Promise<string> {
      await null;
      return "base";
    }
  }
  class Derived extends Base {
    readonly own = "own";
    override async name(...more: string[]): Promise<string> {
      const inner = async () =>
        `${await super.name()} ${this.own} ${arguments.length} ${more.join("")} ${store()}`;
      return inner();
    }
  }
  is(await storage.run("a", () => new Derived().name("x")), "base own 1 x a");
});
