/**
 * One effect of a plugin while it is performed: the request out of the isolate, the reply into it, and a
 * stream each way.
 *
 * Guarantees that the plugin gets exactly one reply, that a stream which began has its end, that nothing is
 * sent for an effect which the plugin gave up, and that the broker's signal fires when it must stop. What the
 * broker throws reaches the plugin as the failure that it carries, anything else without the host's words.
 */
import type { EffectFailure, EffectReply, EffectRequest } from "#host/base/effect.ts";
import { asHostError, HostError } from "#host/base/errors.ts";
import type { HostFrame } from "#host/pipe/protocol.ts";
import { StreamReader, StreamWriter } from "#host/pipe/stream.ts";
import { protocolError } from "./link.ts";

export interface OpenEffectOptions {
  readonly isolate: number;
  readonly effect: number;
  readonly request: EffectRequest;
  readonly send: (header: HostFrame, payload?: Uint8Array) => Promise<void> | void;
  /** The broker, with identity and deadline already in it. */
  readonly perform: (body: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<EffectReply>;
  /** Called once, when nothing more will be sent. */
  readonly onDone: () => void;
  /** The broker broke its word and threw. */
  readonly onFault: (error: HostError) => void;
}

export class OpenEffect {
  readonly #options: OpenEffectOptions;
  readonly #abort = new AbortController();
  readonly #up: StreamReader;
  readonly #down: StreamWriter;
  readonly #name: { readonly isolate: number; readonly effect: number };
  #upOpen: boolean;
  #replied = false;
  #done = false;

  constructor(options: OpenEffectOptions) {
    this.#options = options;
    this.#name = { isolate: options.isolate, effect: options.effect };
    this.#up = new StreamReader((bytes) => {
      if (!this.#done) void options.send({ t: "credit", ...this.#name, bytes });
    });
    this.#down = new StreamWriter((chunk) => options.send({ t: "chunk", ...this.#name }, chunk));
    this.#upOpen = hasUpwardStream(options.request);
    if (!this.#upOpen) this.#up.end();
  }

  /** Performs the effect to its end. Never rejects. */
  async run(): Promise<void> {
    const reply = await this.#perform();
    if (this.#done) return dropBody(reply);
    this.#replied = true;
    if (!reply.ok) {
      void this.#options.send({ t: "reply", ...this.#name, ok: false, failure: reply.failure });
    } else {
      void this.#options.send({
        t: "reply",
        ...this.#name,
        ok: true,
        head: reply.head,
        body: reply.body !== null,
      });
      if (reply.body !== null) await this.#pump(reply.body);
    }
    this.#finish();
  }

  /** A piece of the upward stream. Throws HostError `sandbox.protocol` where none may come. */
  chunk(payload: Uint8Array): void {
    if (!this.#upOpen) throw protocolError("it sent bytes to an effect that takes none");
    this.#up.push(payload);
  }

  end(failure: EffectFailure | undefined): void {
    this.#upOpen = false;
    if (failure === undefined) this.#up.end();
    else this.#up.fail(new HostError("aborted", "The plugin broke off its upload"));
  }

  credit(bytes: number): void {
    this.#down.grant(bytes);
  }

  /** The plugin gave it up: the broker is told, the plugin hears no more. */
  cancel(): void {
    this.#stop(new HostError("aborted", "The plugin gave the effect up"));
  }

  /** The host gives it up: the broker is told, and the plugin too. */
  abort(reason: HostError): void {
    if (this.#done) return;
    const failure: EffectFailure = { code: "aborted", message: reason.message };
    void this.#options.send(
      this.#replied
        ? { t: "end", ...this.#name, failure }
        : { t: "reply", ...this.#name, ok: false, failure },
    );
    this.#stop(reason);
  }

  async #perform(): Promise<EffectReply> {
    try {
      return await this.#options.perform(this.#up, this.#abort.signal);
    } catch (thrown) {
      return { ok: false, failure: this.#failureOf(thrown) };
    }
  }

  async #pump(body: AsyncIterable<Uint8Array>): Promise<void> {
    let failure: EffectFailure | null = null;
    try {
      for await (const bytes of body) await this.#down.write(bytes);
    } catch (thrown) {
      failure = this.#failureOf(thrown);
    }
    if (this.#done) return;
    void this.#options.send({ t: "end", ...this.#name, ...(failure === null ? {} : { failure }) });
  }

  #stop(reason: HostError): void {
    if (this.#done) return;
    this.#finish();
    this.#up.fail(reason);
    this.#down.close(reason);
    this.#abort.abort(reason);
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#options.onDone();
  }

  #failureOf(thrown: unknown): EffectFailure {
    const carried = carriedFailure(thrown);
    if (carried !== null) return carried;
    const error = asHostError(thrown);
    if (!this.#done && error.code !== "aborted") this.#options.onFault(error);
    const code = this.#options.request.kind === "http.request" ? "network" : "io";
    return { code, message: `Cannot finish ${this.#options.request.kind}: the host failed` };
  }
}

function hasUpwardStream(request: EffectRequest): boolean {
  if (request.kind === "http.request" || request.kind === "route.answer") return request.hasBody;
  if (request.kind === "command.run") return request.hasStdin;
  if (request.kind.startsWith("socket.")) return true;
  return request.kind === "file.write" || request.kind === "secret.hmac" || request.kind === "storage.set";
}

/** The broker's errors say themselves what the plugin may know of them, in `failure`. */
function carriedFailure(thrown: unknown): EffectFailure | null {
  if (!(thrown instanceof HostError) || !("failure" in thrown)) return null;
  return thrown.failure as EffectFailure;
}

/** Nobody will read it: its source must be told, or it would stay open. */
async function dropBody(reply: EffectReply): Promise<void> {
  if (!reply.ok || reply.body === null) return;
  await reply.body[Symbol.asyncIterator]()
    .return?.()
    .catch(() => {});
}
