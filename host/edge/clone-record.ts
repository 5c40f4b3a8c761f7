/** What a value is written down as when it is cloned. */

/** One object, written down. `make` may be run once; `fill` comes after it, so that circles close. */
export interface CloneRecord {
  make(read: Read): unknown;
  fill?(made: never, read: Read): void;
}

export type Read = (record: CloneRecord) => unknown;
export type Write = (value: unknown) => CloneRecord;

/** An object's own enumerable fields, onto what `make` gives. */
export function recordOfFields(value: object, { length }: { length?: number }, write: Write): CloneRecord {
  const fields: [string, CloneRecord][] = [];
  for (const key of Object.keys(value)) {
    // A getter that ran before may have taken it away.
    if (Object.hasOwn(value, key)) fields.push([key, write(Reflect.get(value, key))]);
  }
  return {
    make: () => (length === undefined ? {} : Object.assign([], { length })),
    fill(made: object, read) {
      for (const [key, record] of fields) {
        const field = { value: read(record), writable: true, enumerable: true, configurable: true };
        Object.defineProperty(made, key, field);
      }
    },
  };
}

export function refusal(reason: string): DOMException {
  return new DOMException(`Cannot clone the value: ${reason}`, "DataCloneError");
}
