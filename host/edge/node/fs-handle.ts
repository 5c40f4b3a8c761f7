/** A file that is open: its bytes are in memory until it is closed or synced, and are then written whole. */
import { fsError } from "./fs-error.ts";
import { pathOf } from "./fs-tree.ts";
import { decoded, encoded, type Options } from "./fs-values.ts";

interface Files {
  readFile(path: string): Promise<Buffer>;
  writeFile(path: string, data: Uint8Array, options?: { flag: string }): Promise<void>;
  stat(path: string): Promise<unknown>;
}

let lastDescriptor = 2;

export class FileHandle {
  readonly fd = ++lastDescriptor;
  readonly #files: Files;
  readonly #path: string;
  readonly #append: boolean;
  #bytes: Uint8Array<ArrayBuffer>;
  #changed: boolean;
  #position = 0;
  #open = true;

  private constructor(
    files: Files,
    path: string,
    bytes: Uint8Array<ArrayBuffer>,
    append: boolean,
    changed: boolean,
  ) {
    this.#files = files;
    this.#path = path;
    this.#bytes = bytes;
    this.#append = append;
    this.#changed = changed;
  }

  static async open(files: Files, given: unknown, flags: string | number = "r"): Promise<FileHandle> {
    const path = pathOf(given);
    if (typeof flags !== "string")
      throw fsError("EINVAL", "open", path, "flags are given as text in an isolate");
    const fresh = flags.startsWith("w") || flags.includes("x");
    if (fresh) await files.writeFile(path, new Uint8Array(), { flag: flags.includes("x") ? "wx" : "w" });
    else if (flags.startsWith("a")) await files.writeFile(path, new Uint8Array(), { flag: "a" });
    return new FileHandle(
      files,
      path,
      new Uint8Array(await files.readFile(path)),
      flags.startsWith("a"),
      false,
    );
  }

  async read(
    buffer: Uint8Array,
    offset = 0,
    length = buffer.byteLength - offset,
    position: number | null = null,
  ) {
    this.#need("read");
    const from = position ?? this.#position;
    const part = this.#bytes.subarray(from, from + length);
    buffer.set(part, offset);
    if (position === null) this.#position += part.byteLength;
    return { bytesRead: part.byteLength, buffer };
  }

  async write(data: Uint8Array | string, offset?: number | null, length?: number, position?: number | null) {
    this.#need("write");
    const isText = typeof data === "string";
    const bytes = isText
      ? encoded(data)
      : data.subarray(offset ?? 0, (offset ?? 0) + (length ?? data.byteLength));
    const asked = isText ? offset : position;
    const at = this.#append ? this.#bytes.byteLength : (asked ?? this.#position);
    if (at + bytes.byteLength > this.#bytes.byteLength) this.#grow(at + bytes.byteLength);
    this.#bytes.set(bytes, at);
    this.#changed = true;
    if (asked === undefined || asked === null) this.#position = at + bytes.byteLength;
    return { bytesWritten: bytes.byteLength, buffer: data };
  }

  async readFile(options?: Options): Promise<string | Buffer> {
    this.#need("read");
    return decoded(this.#bytes.slice(this.#position), options);
  }

  async writeFile(data: unknown, options?: Options): Promise<void> {
    await this.write(encoded(data, options));
  }

  async appendFile(data: unknown, options?: Options): Promise<void> {
    await this.write(encoded(data, options), null, undefined, this.#bytes.byteLength);
  }

  async truncate(length = 0): Promise<void> {
    this.#need("ftruncate");
    if (length > this.#bytes.byteLength) this.#grow(length);
    else this.#bytes = this.#bytes.slice(0, length);
    this.#changed = true;
  }

  async stat(): Promise<unknown> {
    await this.sync();
    return this.#files.stat(this.#path);
  }

  async sync(): Promise<void> {
    this.#need("fsync");
    if (this.#changed) await this.#files.writeFile(this.#path, this.#bytes);
    this.#changed = false;
  }

  datasync(): Promise<void> {
    return this.sync();
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    await this.sync();
    this.#open = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #need(syscall: string): void {
    if (!this.#open) throw fsError("EBADF", syscall, this.#path);
  }

  #grow(length: number): void {
    const bytes = new Uint8Array(length);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}
