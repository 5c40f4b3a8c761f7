/** The iterators of what Web IDL calls "iterable": live, so that a change while iterating is seen. */

type Pair<Value> = readonly [string, Value];

export interface PairIterators<Value> {
  entries(pairs: () => readonly Pair<Value>[]): IterableIterator<[string, Value]>;
  keys(pairs: () => readonly Pair<Value>[]): IterableIterator<string>;
  values(pairs: () => readonly Pair<Value>[]): IterableIterator<Value>;
}

const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;

interface State {
  readonly pairs: () => readonly Pair<unknown>[];
  readonly pick: (pair: Pair<unknown>) => unknown;
  index: number;
}

/** `name` is the interface's, as in `URLSearchParams Iterator`. */
export function createPairIterators<Value>(name: string): PairIterators<Value> {
  const states = new WeakMap<object, State>();
  const prototype = Object.create(IteratorPrototype, {
    [Symbol.toStringTag]: { value: `${name} Iterator`, configurable: true },
  }) as object;
  const { next } = {
    next(this: object): IteratorResult<unknown> {
      const state = states.get(this);
      if (state === undefined) throw new TypeError(`Cannot go on: this is no ${name} Iterator`);
      const pair = state.pairs()[state.index++];
      return pair === undefined ? { value: undefined, done: true } : { value: state.pick(pair), done: false };
    },
  };
  Object.defineProperty(prototype, "next", {
    value: next,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  const make = <Item>(pairs: State["pairs"], pick: State["pick"]) => {
    const iterator = Object.create(prototype) as IterableIterator<Item>;
    states.set(iterator, { pairs, pick, index: 0 });
    return iterator;
  };
  return {
    entries: (pairs) => make(pairs, ([key, value]) => [key, value]),
    keys: (pairs) => make(pairs, ([key]) => key),
    values: (pairs) => make(pairs, ([, value]) => value),
  };
}
