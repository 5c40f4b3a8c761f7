/** `node:worker_threads`: this is the main thread, and there is no other. */
import { absent } from "./absent.ts";

const data = new Map<unknown, unknown>();

export default {
  isMainThread: true,
  isInternalThread: false,
  threadId: 0,
  threadName: "",
  parentPort: null,
  workerData: null,
  resourceLimits: {},
  SHARE_ENV: Symbol.for("nodejs.worker_threads.SHARE_ENV"),
  MessageChannel: globalThis.MessageChannel,
  MessagePort: globalThis.MessagePort,
  BroadcastChannel: globalThis.BroadcastChannel ?? absent("BroadcastChannel", "it has no other threads"),
  Worker: absent("worker_threads.Worker", "it has one thread; split long work with await"),
  getEnvironmentData: (key: unknown) => data.get(key),
  setEnvironmentData: (key: unknown, value: unknown) => void data.set(key, value),
  markAsUncloneable: () => {},
  markAsUntransferable: () => {},
  isMarkedAsUntransferable: () => false,
  receiveMessageOnPort: () => undefined,
};
