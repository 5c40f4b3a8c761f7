/**
 * A SQLite file behind the small surface that drizzle's better-sqlite3 session calls.
 *
 * Owns the differences between the three runtimes' `node:sqlite`: what one of them refuses, binds as NULL
 * or cuts is turned into one behaviour here. Every statement is prepared once. What goes wrong leaves as
 * a HostError. Transactions are synchronous: nothing can run between BEGIN and COMMIT.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { HostError } from "#host/base/errors.ts";
import { asStoreError } from "./failure.ts";

/** Queries are written in code, so their texts are few. More means that one carries values in its text. */
const MAX_STATEMENTS = 500;

export type TransactionMode = "deferred" | "immediate" | "exclusive";

export interface RunResult {
  readonly changes: number | bigint;
  readonly lastInsertRowid: number | bigint;
}

/** One prepared query. `raw` answers rows as arrays, as drizzle wants them. */
export class Statement {
  readonly #client: SqliteClient;
  readonly #objects: StatementSync;
  readonly #text: string;
  #arrays: Statement | null = null;

  constructor(client: SqliteClient, text: string, asArrays: boolean) {
    this.#client = client;
    this.#text = text;
    this.#objects = client.database.prepare(text);
    if (asArrays) this.#objects.setReturnArrays(true);
  }

  run(...values: unknown[]): RunResult {
    return this.#client.guard(() => this.#objects.run(...values.map(bindable)));
  }

  all(...values: unknown[]): unknown[] {
    return this.#client.guard(() => this.#objects.all(...values.map(bindable)));
  }

  get(...values: unknown[]): unknown {
    return this.#client.guard(() => this.#objects.get(...values.map(bindable)));
  }

  raw(): Statement {
    return (this.#arrays ??= new Statement(this.#client, this.#text, true));
  }
}

export class SqliteClient {
  readonly path: string;
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, Statement>();

  /** Waits at most `busyTimeoutMs` for another process's lock. */
  constructor(path: string, busyTimeoutMs: number) {
    this.path = path;
    this.database = this.guard(
      () => new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: false }),
    );
  }

  /** Runs statements that take no values and answer no rows. */
  exec(text: string): void {
    this.guard(() => this.database.exec(text));
  }

  prepare(text: string): Statement {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
    const statement = this.guard(() => new Statement(this, text, false));
    this.#statements.set(text, statement);
    return statement;
  }

  /** In better-sqlite3's shape: a function for each mode that runs `work` inside a transaction. */
  transaction<Input, Output>(
    work: (input: Input) => Output,
  ): Record<TransactionMode, (input: Input) => Output> {
    const within = (mode: TransactionMode) => (input: Input) => this.#transact(mode, () => work(input));
    return { deferred: within("deferred"), immediate: within("immediate"), exclusive: within("exclusive") };
  }

  close(): void {
    this.#statements.clear();
    this.guard(() => this.database.close());
  }

  guard<Output>(work: () => Output): Output {
    try {
      return work();
    } catch (thrown) {
      throw asStoreError(thrown, this.path);
    }
  }

  #transact<Output>(mode: TransactionMode, work: () => Output): Output {
    this.prepare(`begin ${mode}`).run();
    try {
      const output = work();
      this.prepare("commit").run();
      return output;
    } catch (thrown) {
      this.#rollBack();
      throw thrown;
    }
  }

  /** SQLite has rolled back by itself after some errors; a second time would hide the first one. */
  #rollBack(): void {
    try {
      this.prepare("rollback").run();
    } catch {
      // No transaction is open any more, which is what was wanted.
    }
  }
}

/**
 * The value as every runtime binds it alike. Booleans throw in Bun and Deno, and Deno cuts text at NUL. A
 * Date or ArrayBuffer would be stored as NULL without a word, so it is refused.
 */
function bindable(value: unknown): SQLInputValue {
  if (typeof value === "string") return value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number" || typeof value === "bigint" || value === null) return value;
  if (value instanceof Uint8Array) return value;
  throw new HostError("internal", `Cannot store a value of type ${describe(value)}: no column holds it`);
}

function describe(value: unknown): string {
  return value instanceof Object ? value.constructor.name : typeof value;
}
