/** The isolates of this process by number, and the host's frames on their way to them. */
import type { HostFrame, OpenFrame } from "#host/pipe/protocol.ts";
import type { IsolatedVm } from "./addon.ts";
import type { IsolateSource } from "./blank-isolate.ts";
import { createSharedAllowances } from "./out-door.ts";
import type { Outbox } from "./outbox.ts";
import { PluginIsolate } from "./plugin-isolate.ts";
import { toPluginFailure } from "./plugin-error.ts";
import { tryWalls } from "./probe.ts";

export interface SandboxOptions {
  readonly ivm: IsolatedVm;
  readonly source: IsolateSource;
  readonly outbox: Outbox;
}

const decoder = new TextDecoder();

export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #shared = createSharedAllowances();
  /** A number whose isolate is still being made has its promise here. */
  readonly #isolates = new Map<number, Promise<PluginIsolate | null>>();

  constructor(options: SandboxOptions) {
    this.#options = options;
  }

  /** Frames of one isolate are handled in the order in which they came. */
  async handle(frame: HostFrame, payload: Uint8Array): Promise<void> {
    if (frame.t === "probe") {
      this.#options.outbox.send(await tryWalls());
    } else if (frame.t === "open") {
      this.#isolates.set(frame.isolate, this.#open(frame, decoder.decode(payload)));
    } else {
      // A frame for an isolate that has crashed crossed with the news of it.
      const isolate = await this.#isolates.get(frame.isolate);
      if (isolate !== null && isolate !== undefined) this.#deliver(isolate, frame, payload);
    }
  }

  #deliver(
    isolate: PluginIsolate,
    frame: Exclude<HostFrame, { t: "probe" | "open" }>,
    payload: Uint8Array,
  ): void {
    switch (frame.t) {
      case "call":
        return isolate.call(frame);
      case "abort":
        return isolate.abort(frame);
      case "reply":
        return isolate.reply(frame);
      case "chunk":
        return isolate.chunk(frame, payload);
      case "end":
        return isolate.end(frame);
      case "credit":
        return isolate.credit(frame);
      case "close":
        this.#isolates.delete(frame.isolate);
        return isolate.close();
    }
  }

  async #open(frame: OpenFrame, code: string): Promise<PluginIsolate | null> {
    const { ivm, source, outbox } = this.#options;
    const { isolate: id, heapMiB, wasm } = frame;
    try {
      const blank = await source.take({ heapMiB, wasm });
      const onCrash = () => this.#isolates.delete(id);
      const isolate = new PluginIsolate({ id, ivm, blank, outbox, shared: this.#shared, heapMiB, onCrash });
      await isolate.open(frame, code);
      return isolate;
    } catch (thrown) {
      this.#isolates.delete(id);
      const { message } = toPluginFailure(thrown);
      outbox.send({ t: "crash", isolate: id, reason: `It could not be made: ${message}` });
      return null;
    }
  }
}
