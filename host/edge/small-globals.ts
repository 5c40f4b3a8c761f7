/** Globals of a few lines each. */
import { reportUncaught } from "./dispatch.ts";
import { ask } from "./door.ts";

export const navigator = { userAgent: "OpenClaw-Edge", language: "en", languages: ["en"], onLine: true };

export const performance = {
  now: (): number => ask({ t: "now" }) as number,
  timeOrigin: 0,
};

const settled = Promise.resolve();

export function queueMicrotask(callback: () => void): void {
  if (typeof callback !== "function") {
    throw new TypeError("Cannot queue a microtask: the callback is not a function");
  }
  void runSoon(callback);
}

async function runSoon(callback: () => void): Promise<void> {
  await settled;
  try {
    callback();
  } catch (thrown) {
    reportUncaught(thrown);
  }
}
