import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "#host/base/clock.ts";
import { HostError } from "#host/base/errors.ts";
import { JOBS } from "#host/base/limits.ts";
import type { JsonObject } from "#host/base/json.ts";
import { withBackgroundJobs, type JobLimits } from "./background-jobs.ts";
import type { ToolOutcome, ToolRunner } from "./tool-runner.ts";

const BACKGROUND = { type: "boolean", format: "openclaw-background" };
const slow = {
  name: "slow",
  description: "",
  parameters: { type: "object", properties: { background: BACKGROUND } },
};
const plain = {
  name: "plain",
  description: "",
  parameters: { type: "object", properties: { background: { type: "boolean" } } },
};

interface Started {
  readonly args: JsonObject;
  readonly signal: AbortSignal;
  readonly update: (text: string) => void;
  readonly end: (text: string) => void;
}

/** A runner whose calls end when the test says so. */
function rig(limits: Partial<JobLimits> = {}, listed = [slow, plain]) {
  const started: Started[] = [];
  const inner: ToolRunner = {
    list: async () => listed,
    run: (call, _run, { signal, onUpdate }) =>
      new Promise<ToolOutcome>((resolve, reject) => {
        const end = (text: string) =>
          resolve({ content: [{ type: "text", text }], details: null, isError: false });
        started.push({ args: call.arguments, signal, update: onUpdate, end });
        if (call.arguments["now"] === true) end("at once");
        signal.addEventListener("abort", () => reject(new HostError("aborted", "The turn was stopped")));
      }),
  };
  const tools = withBackgroundJobs(inner, systemClock, { ...JOBS, soonMs: 20, ...limits });
  const turn = new AbortController();
  const call = async (name: string, args: JsonObject, session = "agent:main:main") => {
    const run = { runId: "r", sessionKey: session, sessionId: "i", agentId: "main" };
    const part = { type: "toolCall", id: "c", name, arguments: args } as const;
    const { content } = await tools.run(part, run, { signal: turn.signal, onUpdate: () => undefined });
    return content.map((each) => (each.type === "text" ? each.text : "")).join("|");
  };
  return { tools, started, turn, call };
}

test("a job goes on after its turn, is looked at and ends with what the tool gave", async () => {
  const { started, turn, call } = rig();
  assert.match(await call("slow", { background: true, a: 1 }), /^Started as job-1\./);
  turn.abort();
  const [job] = started;
  assert.equal(job?.signal.aborted, false);
  job?.update("half");
  assert.match(
    await call("process", { action: "read", id: "job-1" }),
    /^job-1 runs \(0 s\): slow {"a":1}\nhalf$/,
  );
  job?.end("whole");
  await new Promise((resolve) => setImmediate(resolve));
  assert.match(await call("process", { action: "read", id: "job-1" }), /^job-1 ended .*\|whole$/);
  assert.match(await call("process", { action: "list" }), /^job-1 ended/);
});

test("a job is killed by its id, and another session neither sees nor kills it", async () => {
  const { started, call } = rig();
  await call("slow", { background: true });
  const other = "agent:main:other";
  assert.equal(await call("process", { action: "list" }, other), "This session has no background jobs");
  assert.match(await call("process", { action: "kill", id: "job-1" }, other), /the session's jobs are: none/);
  assert.equal(started[0]?.signal.aborted, false);
  assert.equal(await call("process", { action: "kill", id: "job-1" }), "job-1 is killed");
  assert.equal(started[0]?.signal.aborted, true);
  await new Promise((resolve) => setImmediate(resolve));
  assert.match(await call("process", { action: "read", id: "job-1" }), /^job-1 killed/);
  assert.equal(await call("process", { action: "kill", id: "job-1" }), "job-1 has ended already");
});

test("what ends at once is answered as any other call, and what the turn stops at once is no job", async () => {
  const { call, turn } = rig({ soonMs: 10_000 });
  assert.equal(await call("slow", { background: true, now: true }), "at once");
  const stopped = call("slow", { background: true });
  await new Promise((resolve) => setImmediate(resolve));
  turn.abort();
  await assert.rejects(stopped);
  assert.equal(await call("process", { action: "list" }), "This session has no background jobs");
});

test("jobs are bounded for a session and for all, and old ones are forgotten", async () => {
  const { call, started } = rig({ perSession: 2, atOnce: 3, keptPerSession: 1, soonMs: 5 });
  await call("slow", { background: true });
  await call("slow", { background: true });
  assert.match(
    await call("slow", { background: true }),
    /2 jobs of this session run already \(job-1, job-2\)/,
  );
  await call("slow", { background: true }, "agent:main:other");
  assert.match(await call("slow", { background: true }, "agent:main:third"), /3 jobs run already/);
  for (const job of started) job.end("done");
  await new Promise((resolve) => setImmediate(resolve));
  await call("slow", { background: true });
  assert.doesNotMatch(await call("process", { action: "list" }), /job-1/);
  assert.match(await call("process", { action: "list" }), /job-2 ended[^]*runs/);
});

test("only a tool that says so can be left to itself, and only then is there a process tool", async () => {
  const { call, started, tools } = rig();
  const running = call("plain", { background: true });
  await new Promise((resolve) => setImmediate(resolve));
  started[0]?.end("its own meaning");
  assert.equal(await running, "its own meaning");
  assert.deepEqual(
    (await tools.list()).map(({ name }) => name),
    ["slow", "plain", "process"],
  );
  const without = rig({}, [plain]);
  assert.deepEqual((await without.tools.list()).length, 1);
  const own = rig({}, [slow, { ...plain, name: "process" }]);
  assert.equal((await own.tools.list()).length, 2);
});
