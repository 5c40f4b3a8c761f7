/**
 * Where a database is kept between two lives of a plugin: a snapshot, and a journal of the transactions since.
 *
 * A transaction is there whole or not at all: its last part says that it is the last, and what has no last part is passed
 * over. A snapshot counts once its name is written, which is one value. So a kill at any point leaves a state that was.
 */
import type { PluginStorage } from "openclaw/sdk";

/** Characters of one part: a value of the storage holds 256 KiB. */
const PART_CHARS = 60_000;
/** Transactions after which a snapshot is cheaper to read than they are. */
const MAX_ENTRIES = 200;

export interface Kept {
  readonly snapshot: unknown;
  readonly transactions: readonly unknown[];
}

export class Journal {
  readonly #storage: PluginStorage;
  readonly #prefix: string;
  #generation = 0;
  #entries = 0;
  /** One write after another: transactions stand in the order in which they were done. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(storage: PluginStorage, name: string) {
    this.#storage = storage;
    this.#prefix = `idb:${name}:`;
  }

  async read(): Promise<Kept | null> {
    const head = await this.#storage.get<{ generation: number; parts: number }>(`${this.#prefix}head`);
    if (head === undefined) return null;
    this.#generation = head.generation;
    const snapshot = await this.#join(
      Array.from({ length: head.parts }, (_, part) => this.#key("s", part, 0)),
    );
    const transactions: unknown[] = [];
    const keys = await this.#storage.list(`${this.#key("j")}:`);
    const entryOf = (key: string) => Number(key.split(":").at(-2));
    for (const last of keys.filter((key) => key.endsWith("!"))) {
      const parts = keys.filter((key) => entryOf(key) === entryOf(last));
      transactions.push(JSON.parse(await this.#join(parts)));
    }
    this.#entries = Math.max(-1, ...keys.map(entryOf)) + 1;
    return { snapshot: JSON.parse(snapshot), transactions };
  }

  /** Resolves once it is kept. */
  append(transaction: unknown): Promise<void> {
    return this.#inTurn(async () => {
      const entry = this.#entries;
      this.#entries += 1;
      const parts = partsOf(transaction);
      for (const [part, text] of parts.entries()) {
        const mark = part === parts.length - 1 ? "!" : "";
        await this.#storage.set(`${this.#key("j", entry, part)}${mark}`, text);
      }
    });
  }

  get isLong(): boolean {
    return this.#entries > MAX_ENTRIES;
  }

  replace(snapshot: unknown): Promise<void> {
    return this.#inTurn(async () => {
      const old = [
        ...(await this.#storage.list(this.#key("s"))),
        ...(await this.#storage.list(this.#key("j"))),
      ];
      this.#generation += 1;
      this.#entries = 0;
      const parts = partsOf(snapshot);
      for (const [part, text] of parts.entries()) await this.#storage.set(this.#key("s", part, 0), text);
      await this.#storage.set(`${this.#prefix}head`, { generation: this.#generation, parts: parts.length });
      for (const key of old) await this.#storage.delete(key);
    });
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    const done = this.#last.then(write);
    this.#last = done.catch(() => {});
    return done;
  }

  #key(kind: "s" | "j", ...numbers: number[]): string {
    const padded = numbers.map((number) => String(number).padStart(8, "0"));
    return [`${this.#prefix}${kind}${this.#generation}`, ...padded].join(":");
  }

  async #join(keys: readonly string[]): Promise<string> {
    let text = "";
    for (const key of keys) text += (await this.#storage.get<string>(key)) ?? "";
    return text;
  }
}

function partsOf(value: unknown): string[] {
  const text = JSON.stringify(value);
  return Array.from({ length: Math.ceil(text.length / PART_CHARS) }, (_, part) =>
    text.slice(part * PART_CHARS, (part + 1) * PART_CHARS),
  );
}
