/** Starts this isolate's runtime: connects the doors. Called once by the child, before any plugin code. */
import { abortCall } from "./current-call.ts";
import { openPlugin, runCall } from "./dispatch.ts";
import { createInDoor, openDoor } from "./door.ts";
import { receiveChunk, receiveCredit, receiveEnd, receiveRefusal, receiveReply } from "./effect.ts";
import { setLimits } from "./limits.ts";
import { settleJob } from "./native.ts";
import { reportRejection } from "./global-events.ts";
import { reportException } from "./report.ts";
import { fireTimer } from "./timers.ts";
import { completeWebAssembly } from "./web-assembly.ts";
import type { EdgeLimits, InDoor, OutDoor } from "./door-protocol.ts";

export function boot(out: OutDoor, limits: string): InDoor {
  const given = JSON.parse(limits) as EdgeLimits;
  setLimits(given);
  openDoor(out);
  removeGlobals(given.wasm);
  return createInDoor(
    {
      open: (message) => openPlugin(message.config),
      call: (message) => void runCall(message),
      abort: (message) => abortCall(message.call, message.reason),
      reply: (message) => {
        if (message.ok) receiveReply(message.effect, message.head, message.body);
        else receiveRefusal(message.effect, message.failure);
      },
      chunk: (message, bytes) => receiveChunk(message.effect, bytes),
      end: (message) => receiveEnd(message.effect, message.failure),
      credit: (message) => receiveCredit(message.effect, message.bytes),
      timer: (message) => fireTimer(message.timer),
      rejection: (message) => reportRejection(message.error),
      job: (message, bytes) => settleJob(message.job, message, bytes),
    },
    reportException,
  );
}

/** Here and not in the snapshot: V8 puts these back into every context that it makes from one. */
function removeGlobals(wasm: boolean): void {
  // What shares memory or keeps a thread waiting.
  Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
  Reflect.deleteProperty(Atomics, "wait");
  Reflect.deleteProperty(Atomics, "waitAsync");
  if (wasm) completeWebAssembly();
  else Reflect.deleteProperty(globalThis, "WebAssembly");
}
