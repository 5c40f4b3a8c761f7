/**
 * Tasks: what runs soon, but after the code that is running and after its promises. One timer serves them all, so that
 * a thousand messages are not a thousand timers.
 */
import { currentCall, enterCall } from "./current-call.ts";
import { reportException } from "./report.ts";
import { setTimeout } from "./timers.ts";

interface Task {
  readonly run: () => void;
  readonly call: number;
}

const settled = Promise.resolve();
let waiting: Task[] = [];

export function queueTask(run: () => void): void {
  if (waiting.length === 0) setTimeout(runAll, 0);
  waiting.push({ run, call: currentCall() });
}

async function runAll(): Promise<void> {
  const tasks = waiting;
  waiting = [];
  for (const { run, call } of tasks) {
    enterCall(call);
    try {
      run();
    } catch (thrown) {
      reportException(thrown);
    }
    // What a task's promises do comes before the next task.
    await settled;
    await settled;
  }
}
