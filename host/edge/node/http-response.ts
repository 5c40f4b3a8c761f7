/** An answer of `node:http`: a readable stream with a head. */
import stream from "node:stream";

export class IncomingMessage extends stream.Readable {
  statusCode = 0;
  statusMessage = "";
  httpVersion = "1.1";
  readonly headers: Record<string, string | string[]> = {};
  readonly rawHeaders: string[] = [];
  readonly trailers = {};
  complete = false;
  url = "";
  method: string | null = null;

  static of(response: Response): IncomingMessage {
    const message = new IncomingMessage();
    message.statusCode = response.status;
    message.statusMessage = response.statusText;
    response.headers.forEach((value, name) => {
      message.headers[name] = value;
      message.rawHeaders.push(name, value);
    });
    const cookies = response.headers.getSetCookie();
    if (cookies.length > 0) message.headers["set-cookie"] = cookies;
    message.#reader = response.body?.getReader() ?? null;
    return message;
  }

  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;

  override _read(): void {
    const ended = () => {
      this.complete = true;
      this.push(null);
    };
    if (this.#reader === null) return ended();
    this.#reader.read().then(
      ({ value, done }) => (done ? ended() : void this.push(Buffer.from(value))),
      (error: Error) => void this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void this.#reader?.cancel().catch(() => {});
    done(error);
  }

  setTimeout(): this {
    return this;
  }
}
