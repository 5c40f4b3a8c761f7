/** How the platform's own objects are cloned and transferred. */
import { ReadableStream, TransformStream, WritableStream } from "web-streams-polyfill";
import { Blob, bytesOfBlob, File, isBlob } from "./blob.ts";
import { DOMException as Exception, isDomException, QuotaExceededError } from "./dom-exception.ts";
import { isDetachedPort, isPort, transferPort, type MessagePort } from "./message-channel.ts";
import { cloneWithTransfer, defineCloning } from "./structured-clone.ts";

defineCloning({
  recognises: isPort,
  transfer: (port: MessagePort) => transferPort(port),
  isTaken: (port: MessagePort) => isDetachedPort(port),
});

defineCloning({
  recognises: isBlob,
  write(blob: Blob) {
    if (!(blob instanceof File)) return { make: () => new Blob([blob], { type: blob.type }) };
    const { name, type, lastModified } = blob;
    return { make: () => new File([bytesOfBlob(blob)], name, { type, lastModified }) };
  },
});

defineCloning({
  recognises: isDomException,
  write(error: Exception) {
    const { name, message } = error;
    const { stack } = error as { stack?: unknown };
    const isQuota = error instanceof QuotaExceededError;
    const told = isQuota ? { quota: error.quota ?? undefined, requested: error.requested ?? undefined } : {};
    return {
      make: () =>
        Object.defineProperty(
          isQuota ? new QuotaExceededError(message, told) : new Exception(message, name),
          "stack",
          {
            value: stack,
            writable: true,
            configurable: true,
          },
        ),
    };
  },
});

/** What is read at the far end was read and cloned at the near one, which is locked from now on. */
defineCloning({
  recognises: (value) => value instanceof ReadableStream,
  isTaken: (stream: ReadableStream) => stream.locked,
  transfer: carryReadable,
});

defineCloning({
  recognises: (value) => value instanceof WritableStream,
  isTaken: (stream: WritableStream) => stream.locked,
  transfer: carryWritable,
});

defineCloning({
  recognises: (value) => value instanceof TransformStream,
  isTaken: ({ readable, writable }: TransformStream) => readable.locked || writable.locked,
  transfer({ readable, writable }: TransformStream) {
    const pair = { readable: carryReadable(readable), writable: carryWritable(writable) };
    const carried = Object.create(TransformStream.prototype) as object;
    return Object.defineProperties(carried, {
      readable: { value: pair.readable },
      writable: { value: pair.writable },
    });
  },
});

/** What is read of it are copies. */
export function carryReadable(stream: ReadableStream): ReadableStream {
  const reader = stream.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(copyOf(value));
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function carryWritable(stream: WritableStream): WritableStream {
  const writer = stream.getWriter();
  return new WritableStream({
    write: async (chunk) => {
      await writer.ready;
      await writer.write(copyOf(chunk));
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
}

function copyOf(chunk: unknown): unknown {
  return cloneWithTransfer(chunk, []).value;
}
