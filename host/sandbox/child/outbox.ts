/**
 * Frames on their way to the host, in order.
 *
 * A pipe that the host does not read fills up, and then frames wait in this process's memory. Each isolate has
 * an account of what waits for it, so that one which floods is told apart from those that do not.
 */
import type { Writable } from "node:stream";
import { encodeFrame } from "#host/pipe/framing.ts";
import { Gatherer } from "#host/pipe/gather.ts";
import type { SandboxFrame } from "#host/pipe/protocol.ts";

/** Bytes of one sender that wait for the host. */
export interface Account {
  waiting: number;
}

export interface Outbox {
  send(frame: SandboxFrame, payload?: Uint8Array, account?: Account): void;
}

export function createOutbox(pipe: Writable): Outbox {
  const gatherer = new Gatherer((bytes, written) => void pipe.write(bytes, written));
  return {
    send(frame, payload, account) {
      for (const bytes of encodeFrame(frame, payload)) add(gatherer, bytes, account);
    },
  };
}

function add(gatherer: Gatherer, bytes: Uint8Array, account: Account | undefined): void {
  if (account === undefined) return gatherer.add(bytes);
  account.waiting += bytes.byteLength;
  gatherer.add(bytes, () => {
    account.waiting -= bytes.byteLength;
  });
}
