/**
 * Frames on their way to the host, in order.
 *
 * A pipe that the host does not read fills up, and then frames wait in this process's memory. Each isolate has
 * an account of what waits for it, so that one which floods is told apart from those that do not.
 */
import type { Writable } from "node:stream";
import { HostError } from "#host/base/errors.ts";
import { PIPE } from "#host/base/limits.ts";
import { encodeFrame } from "#host/pipe/framing.ts";
import { Gatherer } from "#host/pipe/gather.ts";
import type { SandboxFrame } from "#host/pipe/protocol.ts";

/** Bytes of one sender that wait for the host. */
export interface Account {
  waiting: number;
}

export interface Outbox {
  /** Throws HostError `sandbox.protocol` for a header that the host would end this process for. */
  send(frame: SandboxFrame, payload?: Uint8Array, account?: Account): void;
}

export function createOutbox(pipe: Writable): Outbox {
  const gatherer = new Gatherer((bytes, written) => void pipe.write(bytes, written));
  return {
    send(frame, payload, account) {
      const pieces = encodeFrame(frame, payload);
      checkHeader(pieces[0]);
      for (const bytes of pieces) add(gatherer, bytes, account);
    },
  };
}

/** What an isolate says was measured as text; here it is bytes, of which a character may take six. */
function checkHeader(start: Uint8Array | undefined): void {
  const bytes = start === undefined ? 0 : new DataView(start.buffer, start.byteOffset).getUint32(4, true);
  if (bytes <= PIPE.maxHeaderBytes) return;
  throw new HostError(
    "sandbox.protocol",
    `Cannot send a header of ${bytes} bytes: the limit is ${PIPE.maxHeaderBytes}`,
  );
}

function add(gatherer: Gatherer, bytes: Uint8Array, account: Account | undefined): void {
  if (account === undefined) return gatherer.add(bytes);
  account.waiting += bytes.byteLength;
  gatherer.add(bytes, () => {
    account.waiting -= bytes.byteLength;
  });
}
