/**
 * Small frames that are sent in one turn of the event loop, as one write: a system call for each costs more than
 * to make it, and wakes its reader as often.
 *
 * Guarantees the order in which they came. The first of a turn is written at once, so that nothing waits for
 * company; what follows goes together at the turn's end, or as soon as it is a chunk's worth.
 */
import { PIPE } from "#host/base/limits.ts";

/** Writes; `written` is called when the system has the bytes. */
export type WriteBytes = (bytes: Uint8Array, written: (() => void) | undefined) => void;

/** Larger ones go by themselves: to copy them would cost more than a write. */
const SMALL = 8 * 1024;

export class Gatherer {
  readonly #write: WriteBytes;
  #waiting: Uint8Array[] = [];
  #tell: (() => void)[] = [];
  #bytes = 0;
  #inTurn = false;

  constructor(write: WriteBytes) {
    this.#write = write;
  }

  add(bytes: Uint8Array, written?: () => void): void {
    const isSmall = bytes.byteLength < SMALL;
    if (!isSmall) this.#flush();
    if (!isSmall || !this.#inTurn) {
      this.#beginTurn();
      return this.#write(bytes, written);
    }
    this.#waiting.push(bytes);
    this.#bytes += bytes.byteLength;
    if (written !== undefined) this.#tell.push(written);
    if (this.#bytes >= PIPE.chunkBytes) this.#flush();
  }

  #beginTurn(): void {
    if (this.#inTurn) return;
    this.#inTurn = true;
    setImmediate(() => {
      this.#inTurn = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const [together, tell] = [Buffer.concat(this.#waiting, this.#bytes), this.#tell];
    this.#waiting = [];
    this.#tell = [];
    this.#bytes = 0;
    this.#write(together, tell.length === 0 ? undefined : () => tell.forEach((each) => each()));
  }
}
