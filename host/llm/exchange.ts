/**
 * One request to a model server: the same care for every provider.
 *
 * Guarantees that it ends: when the caller aborts (the socket closes at once), when the server falls
 * silent, when it cannot be reached. Whatever goes wrong is explained as a HostError that names the server,
 * the rule and the fix. Refuses redirects: they could carry a key to another host. Never retries.
 */
import { HostError, isAbort } from "#host/base/errors.ts";
import { MODEL } from "#host/base/limits.ts";
import { readRefusal } from "./refusal.ts";

export interface ModelServer {
  /** For people: `Ollama at http://127.0.0.1:11434`. */
  readonly label: string;
  /** Asked for any answer at all when the server takes long to begin. */
  readonly aliveUrl: string;
  /** What to do if it cannot be reached. */
  readonly startFix: string;
  readonly fetch?: Fetch;
  readonly limits?: Partial<ExchangeLimits>;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Milliseconds, as in `MODEL`. */
export interface ExchangeLimits {
  readonly connectTimeoutMs: number;
  readonly aliveTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export interface Exchange {
  /** This text is shown in no error, whatever the server echoes. */
  hide(secret: string): void;
  /** As `fetch`, but rejects with a HostError for a status other than 2xx, and watches the body. */
  send(url: string, init: RequestInit): Promise<Response>;
  /** What `send`, or reading its body, threw. */
  explain(thrown: unknown): HostError;
  /** Closes the socket if the answer was not read to its end. Call it always. */
  close(): void;
}

/** A chunk of the body on its way to the caller; what it throws becomes the body's error. */
export interface BodyCheck {
  push(chunk: Uint8Array): void;
  end(): void;
}

export function openExchange(server: ModelServer, signal: AbortSignal, check?: BodyCheck): Exchange {
  return new ServerExchange(server, signal, check);
}

class ServerExchange implements Exchange {
  readonly #server: ModelServer;
  readonly #limits: ExchangeLimits;
  readonly #fetch: Fetch;
  readonly #signal: AbortSignal;
  readonly #check: BodyCheck | undefined;
  /** Aborted with the HostError that explains why. */
  readonly #controller = new AbortController();
  #silence: ReturnType<typeof setTimeout> | undefined;
  #isAnswered = false;
  #secret = "";

  constructor(server: ModelServer, signal: AbortSignal, check: BodyCheck | undefined) {
    this.#server = server;
    this.#limits = { ...MODEL, ...server.limits };
    this.#fetch = server.fetch ?? ((url, init) => fetch(url, init));
    this.#signal = signal;
    this.#check = check;
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#heard();
  }

  hide(secret: string): void {
    this.#secret = secret;
  }

  async send(url: string, init: RequestInit): Promise<Response> {
    const slow = setTimeout(() => void this.#askAlive(), this.#limits.connectTimeoutMs);
    try {
      const { signal } = this.#controller;
      const response = await this.#fetch(url, { ...init, signal, redirect: "manual" });
      this.#isAnswered = true;
      this.#heard();
      if (!response.ok) throw await readRefusal(this.#server.label, response, this.#secret);
      return watched(response, this.#heard, this.#check);
    } finally {
      clearTimeout(slow);
    }
  }

  explain(thrown: unknown): HostError {
    const { reason } = this.#controller.signal;
    if (reason instanceof HostError) return reason;
    if (thrown instanceof HostError) return thrown;
    if (isAbort(thrown)) return new HostError("aborted", "The answer was stopped", { cause: thrown });
    return this.#isAnswered ? cutOff(this.#server, thrown) : unreachable(this.#server, thrown);
  }

  close(): void {
    clearTimeout(this.#silence);
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#controller.abort();
  }

  readonly #onAbort = (): void => {
    this.#controller.abort(new HostError("aborted", "The answer was stopped"));
  };

  readonly #heard = (): void => {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#controller.abort(this.#silent()), this.#limits.idleTimeoutMs);
  };

  #silent(): HostError {
    const seconds = this.#limits.idleTimeoutMs / 1_000;
    return new HostError("model.broken", `${this.#server.label} sent nothing for ${seconds} s`, {
      fix: "Try again, or choose a model that is faster on this machine",
    });
  }

  /** It takes connections, and then nothing. */
  #mute(cause: unknown): HostError {
    const seconds = (this.#limits.connectTimeoutMs + this.#limits.aliveTimeoutMs) / 1_000;
    const words = `Cannot reach ${this.#server.label}: it takes connections and answered nothing for ${seconds} s`;
    return new HostError("model.unreachable", words, { fix: "Look at its log, or start it again", cause });
  }

  /** A server that loads a large model is slow to begin but answers this; one that is gone does not. */
  async #askAlive(): Promise<void> {
    const timeout = AbortSignal.timeout(this.#limits.aliveTimeoutMs);
    const signal = AbortSignal.any([this.#controller.signal, timeout]);
    try {
      const response = await this.#fetch(this.#server.aliveUrl, { signal, redirect: "manual" });
      await response.body?.cancel();
    } catch (thrown) {
      if (!this.#isAnswered) {
        this.#controller.abort(timeout.aborted ? this.#mute(thrown) : unreachable(this.#server, thrown));
      }
    }
  }
}

function watched(response: Response, heard: () => void, check: BodyCheck | undefined): Response {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) {
          check?.end();
          controller.close();
          return;
        }
        heard();
        check?.push(value);
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: response.status, headers: response.headers });
}

function unreachable(server: ModelServer, cause: unknown): HostError {
  return new HostError("model.unreachable", `Cannot reach ${server.label}`, { fix: server.startFix, cause });
}

function cutOff(server: ModelServer, cause: unknown): HostError {
  return new HostError("model.broken", `${server.label} closed the connection in the middle of its answer`, {
    fix: "Try again; if it happens again, look at the model server's log",
    cause,
  });
}

/** Listing asks whether a server can be used now: whatever is wrong with it, the answer is no. */
export function asUnreachable(error: HostError): HostError {
  if (error.code === "model.unreachable" || error.code === "aborted") return error;
  const fix = error.fix === undefined ? {} : { fix: error.fix };
  return new HostError("model.unreachable", error.message, { ...fix, cause: error });
}
