/** `ctx.net`: the broker's `socket.tcp` as a pair of streams. */
import { ReadableStream, TransformStream } from "web-streams-polyfill";
import { performEffect } from "./effect.ts";
import type { PluginNet } from "#host/sdk/net.ts";

export function createNet(signal: AbortSignal): PluginNet {
  return {
    async connect({ host, port, tls = false }) {
      signal.throwIfAborted();
      const outgoing = createOutgoing();
      const abort = new AbortController();
      const onAbort = () => abort.abort(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      const { body } = await performEffect({
        request: { kind: "socket.tcp", host: String(host), port: Number(port), tls: Boolean(tls) },
        body: outgoing.readable,
        signal: abort.signal,
        errorKind: Error,
        onEnd: outgoing.fail,
      });
      return {
        readable: body ?? new ReadableStream<Uint8Array>(),
        writable: outgoing.writable,
        close: () => abort.abort(new DOMException("The connection was closed", "AbortError")),
      };
    },
  };
}

/** What the plugin writes, as a stream to send. `fail` ends it where nobody takes it any more. */
function createOutgoing() {
  let fail = () => {};
  const stream = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => {
      fail = () => controller.error(new Error("Cannot write: the connection has ended"));
    },
  });
  return { readable: stream.readable, writable: stream.writable, fail: () => fail() };
}
