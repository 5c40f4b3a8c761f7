/**
 * IndexedDB for a plugin: fake-indexeddb, whose transactions are kept in the plugin's storage before they count as done.
 *
 * Reads what was kept when it is opened. A transaction that cannot be kept is undone, and ends with "abort". The names
 * of the databases are given ahead: what is kept must be in memory before anybody asks for it.
 */
import * as fake from "fake-indexeddb";
import type { PluginStorage } from "openclaw/sdk";
import { Journal, type Kept } from "./journal.ts";
import { decode, encode } from "./stored-value.ts";

type Change =
  | readonly ["put", string, unknown, unknown]
  | readonly ["delete", string, unknown]
  | readonly ["clear", string];

interface RawRecord {
  readonly key: unknown;
  readonly value: unknown;
}

interface RawIndex {
  readonly keyPath: string | string[];
  readonly multiEntry: boolean;
  readonly unique: boolean;
}

/** What fake-indexeddb keeps inside, as far as it is used here. */
interface RawStore {
  readonly name: string;
  readonly keyPath: string | string[] | null;
  readonly autoIncrement: boolean;
  readonly keyGenerator: { num: number } | null;
  readonly rawIndexes: ReadonlyMap<string, RawIndex>;
  readonly records: { values(): Iterable<RawRecord>; values(range: unknown): Iterable<RawRecord> };
  readonly rawDatabase: RawDatabase;
  storeRecord(record: RawRecord, noOverwrite: boolean, log?: object): unknown;
  deleteRecord(key: unknown, log?: object): void;
  clear(log?: object): void;
}

interface RawDatabase {
  readonly name: string;
  readonly version: number;
  readonly rawObjectStores: ReadonlyMap<string, RawStore>;
}

interface RawTransaction {
  readonly mode: string;
  readonly db: { readonly _rawDatabase: RawDatabase };
  readonly _rollbackLog: (() => void)[];
  error: unknown;
}

interface Snapshot {
  readonly version: number;
  readonly stores: readonly {
    readonly name: string;
    readonly keyPath: string | string[] | null;
    readonly autoIncrement: boolean;
    readonly next: number | null;
    readonly indexes: readonly (RawIndex & { readonly name: string })[];
    readonly records: readonly (readonly [key: unknown, value: unknown])[];
  }[];
}

const changes = new WeakMap<object, Change[]>();
const journals = new Map<string, Journal>();

export async function openIndexedDb(storage: PluginStorage, names: readonly string[]): Promise<void> {
  const { IDBFactory, IDBTransaction } = fake;
  const factory = new IDBFactory();
  for (const name of names) {
    const journal = new Journal(storage, name);
    const kept = await journal.read();
    if (kept !== null) await restore(factory, name, kept);
    journals.set(name, journal);
  }
  await noteChanges(factory);
  keepBeforeDone(IDBTransaction.prototype as never);
  const { default: _, forceCloseDatabase: __, ...globals } = fake as typeof fake & Record<string, unknown>;
  // The library looks for IndexedDB in windows, workers and Node; an isolate is most like a worker.
  const WorkerGlobalScope = function WorkerGlobalScope() {};
  Object.assign(globalThis, globals, { indexedDB: factory, WorkerGlobalScope });
}

function rawOf(store: unknown): RawStore {
  return (store as { readonly _rawObjectStore: RawStore })._rawObjectStore;
}

/** Opened with an upgrade that makes its stores as they were. */
function opened(
  factory: IDBFactory,
  name: string,
  version: number,
  upgrade: (database: IDBDatabase) => void,
): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, version);
    request.addEventListener("upgradeneeded", () => upgrade(request.result));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("it cannot be opened")));
  });
}

async function restore(factory: IDBFactory, name: string, { snapshot, transactions }: Kept): Promise<void> {
  const { version, stores } = snapshot as Snapshot;
  const database = await opened(factory, name, version, (made) => {
    for (const { name: store, keyPath, autoIncrement, next, indexes, records } of stores) {
      const target = made.createObjectStore(store, { keyPath, autoIncrement });
      for (const { name: index, ...rest } of indexes) target.createIndex(index, rest.keyPath, rest);
      const raw = rawOf(target);
      for (const [key, value] of records) raw.storeRecord({ key: decode(key), value: decode(value) }, false);
      for (const done of transactions) apply(raw, done as readonly Change[]);
      if (raw.keyGenerator !== null && next !== null)
        raw.keyGenerator.num = Math.max(next, raw.keyGenerator.num);
    }
  });
  database.close();
}

function apply(raw: RawStore, done: readonly Change[]): void {
  for (const change of done) {
    if (change[1] !== raw.name) continue;
    if (change[0] === "put") raw.storeRecord({ key: decode(change[2]), value: decode(change[3]) }, false);
    else if (change[0] === "delete") raw.deleteRecord(decode(change[2]));
    else raw.clear();
  }
}

/** A store's own methods, so that every way of changing it is seen, cursors too. */
async function noteChanges(factory: IDBFactory): Promise<void> {
  let prototype: RawStore | undefined;
  const scratch = await opened(factory, "scratch", 1, (made) => {
    prototype = Object.getPrototypeOf(rawOf(made.createObjectStore("scratch"))) as RawStore;
  });
  scratch.close();
  if (prototype === undefined) throw new Error("fake-indexeddb is not as it was");
  const { storeRecord, deleteRecord, clear } = prototype;
  const note = (log: object | undefined, change: Change) => {
    if (log !== undefined) changes.set(log, [...(changes.get(log) ?? []), change]);
  };
  Object.assign(prototype, {
    storeRecord(this: RawStore, record: RawRecord, noOverwrite: boolean, log?: object): unknown {
      const key = storeRecord.call(this, record, noOverwrite, log);
      note(log, ["put", this.name, encode(key), encode(record.value)]);
      return key;
    },
    deleteRecord(this: RawStore, key: unknown, log?: object): void {
      const gone = log === undefined ? [] : [...this.records.values(rangeOf(key))];
      deleteRecord.call(this, key, log);
      for (const record of gone) note(log, ["delete", this.name, encode(record.key)]);
    },
    clear(this: RawStore, log?: object): void {
      clear.call(this, log);
      note(log, ["clear", this.name]);
    },
  });
}

function rangeOf(key: unknown): unknown {
  return key instanceof fake.IDBKeyRange ? key : fake.IDBKeyRange.only(key);
}

function keepBeforeDone(prototype: { dispatchEvent(event: Event): boolean }): void {
  const { dispatchEvent } = prototype;
  prototype.dispatchEvent = function (this: RawTransaction & EventTarget, event: Event): boolean {
    if (event.type !== "complete") return dispatchEvent.call(this, event);
    keep(this).then(
      () => dispatchEvent.call(this, event),
      (error: unknown) => {
        for (const undo of this._rollbackLog.toReversed()) undo();
        this.error = error;
        dispatchEvent.call(this, new (event.constructor as typeof Event)("abort"));
      },
    );
    return true;
  } as never;
}

async function keep({ mode, db, _rollbackLog: log }: RawTransaction): Promise<void> {
  const journal = journals.get(db._rawDatabase.name);
  const done = changes.get(log);
  if (journal === undefined) return;
  if (mode === "versionchange" || journal.isLong) await journal.replace(snapshotOf(db._rawDatabase));
  else if (done !== undefined) await journal.append(done);
}

function snapshotOf({ version, rawObjectStores }: RawDatabase): Snapshot {
  const stores = [...rawObjectStores.values()].map((store) => ({
    name: store.name,
    keyPath: store.keyPath,
    autoIncrement: store.autoIncrement,
    next: store.keyGenerator?.num ?? null,
    indexes: [...store.rawIndexes].map(([name, { keyPath, multiEntry, unique }]) => ({
      name,
      keyPath,
      multiEntry,
      unique,
    })),
    records: [...store.records.values()].map(({ key, value }) => [encode(key), encode(value)] as const),
  }));
  return { version, stores };
}
