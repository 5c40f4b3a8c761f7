/** A request of `node:http`: a writable stream whose bytes are sent by `fetch` when it ends. */
import stream from "node:stream";
import { IncomingMessage } from "./http-response.ts";

interface RequestOptions {
  readonly protocol?: string;
  readonly hostname?: string;
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly auth?: string;
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

type Done = (response: IncomingMessage) => void;
type Args = (string | URL | RequestOptions | Done | undefined)[];

export class ClientRequest extends stream.Writable {
  readonly method: string;
  readonly path: string;
  readonly protocol: string;
  readonly host: string;
  aborted = false;
  readonly #url: URL;
  readonly #headers = new Map<string, [name: string, value: string]>();
  readonly #abort = new AbortController();
  readonly #parts: Uint8Array[] = [];
  #timeout: ReturnType<typeof setTimeout> | undefined;

  constructor(...args: Args) {
    // It has been sent when it ends, and lives on until it is answered.
    super({ autoDestroy: false });
    const address = args.find((each) => typeof each === "string" || each instanceof URL) as
      string | URL | undefined;
    const isOptions = (each: unknown) => typeof each === "object" && !(each instanceof URL);
    const options = (args.find(isOptions) ?? {}) as RequestOptions;
    this.#url = address === undefined ? urlOf(options) : new URL(address);
    this.method = (options.method ?? "GET").toUpperCase();
    this.path = this.#url.pathname + this.#url.search;
    this.protocol = this.#url.protocol;
    this.host = this.#url.hostname;
    for (const [name, value] of Object.entries(options.headers ?? {})) this.setHeader(name, value);
    if (options.auth !== undefined) this.setHeader("authorization", `Basic ${btoa(options.auth)}`);
    const done = args.find((each) => typeof each === "function") as Done | undefined;
    if (done !== undefined) this.once("response", done);
    options.signal?.addEventListener("abort", () => void this.destroy(), { once: true });
    if (options.timeout !== undefined) this.setTimeout(options.timeout);
  }

  setHeader(name: string, value: unknown): this {
    this.#headers.set(name.toLowerCase(), [name, Array.isArray(value) ? value.join(", ") : String(value)]);
    return this;
  }

  getHeader(name: string): string | undefined {
    return this.#headers.get(name.toLowerCase())?.[1];
  }

  getHeaders(): Record<string, string> {
    return Object.fromEntries([...this.#headers].map(([key, [, value]]) => [key, value]));
  }

  hasHeader(name: string): boolean {
    return this.#headers.has(name.toLowerCase());
  }

  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase());
  }

  flushHeaders(): void {}

  setNoDelay(): void {}

  setSocketKeepAlive(): void {}

  setTimeout(ms: number, listener?: () => void): this {
    if (listener !== undefined) this.once("timeout", listener);
    clearTimeout(this.#timeout);
    if (ms > 0) this.#timeout = setTimeout(() => this.emit("timeout"), ms);
    return this;
  }

  abort(): void {
    this.aborted = true;
    this.emit("abort");
    this.destroy();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#parts.push(chunk);
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    void this.#send();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timeout);
    this.#abort.abort();
    done(error);
  }

  async #send(): Promise<void> {
    try {
      const hasBody = !["GET", "HEAD"].includes(this.method) && this.#parts.length > 0;
      const response = await fetch(this.#url, {
        method: this.method,
        headers: [...this.#headers.values()].filter(
          ([name]) => !/^(?:host|connection|content-length)$/i.test(name),
        ),
        body: hasBody ? Buffer.concat(this.#parts) : null,
        redirect: "manual",
        signal: this.#abort.signal,
      });
      clearTimeout(this.#timeout);
      const message = IncomingMessage.of(response);
      message.once("close", () => this.emit("close"));
      // As Node does: an answer that nobody takes is thrown away.
      if (!this.emit("response", message)) message.resume();
    } catch (thrown) {
      if (!this.#abort.signal.aborted) this.destroy(thrown as Error);
    }
  }
}

function urlOf(options: RequestOptions): URL {
  const host = options.hostname ?? options.host?.replace(/:\d+$/, "") ?? "localhost";
  const port = options.port ?? /:(\d+)$/.exec(options.host ?? "")?.[1];
  const base = `${options.protocol ?? "http:"}//${host}${port === undefined ? "" : `:${port}`}`;
  return new URL(options.path ?? "/", base);
}
