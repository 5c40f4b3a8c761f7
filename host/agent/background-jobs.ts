/**
 * Jobs: calls of a tool that go on after the turn that made them, and `process`, by which the model looks at them.
 *
 * A job is a call as any other, in its session's isolate, with the identity of the call that started it: what it does is
 * decided and put on record as that call's. So it needs nothing of the sandbox, and ends with the isolate, the gateway, its
 * plugin's deadline or a kill. Which tools may be left to themselves, they say: by a parameter `background` of the format
 * `openclaw-background`. A session sees its own jobs alone. They are not kept over a restart.
 */
import type { Clock } from "#host/base/clock.ts";
import { explain, asHostError } from "#host/base/errors.ts";
import { isJsonObject } from "#host/base/json.ts";
import { JOBS } from "#host/base/limits.ts";
import type { ToolCallPart } from "#host/base/message.ts";
import type { RunIdentity } from "#host/base/run.ts";
import type { ModelTool } from "#host/llm/provider.ts";
import type { ToolOutcome, ToolRunner } from "./tool-runner.ts";

export type JobLimits = { readonly [Name in keyof typeof JOBS]: number };

interface Job {
  readonly id: string;
  readonly session: string;
  readonly tool: string;
  /** What it was started with, for people. */
  readonly about: string;
  readonly startedAt: number;
  readonly controller: AbortController;
  /** What it last said of itself. */
  progress: string;
  /** Null while it runs. */
  outcome: ToolOutcome | null;
  endedAt: number;
}

const BACKGROUND = "background";
const FORMAT = "openclaw-background";
const MAX_ABOUT_CHARS = 120;

const PROCESS: ModelTool = {
  name: "process",
  description: "List the session's background jobs, read what one wrote so far or how it ended, or kill it",
  parameters: {
    type: "object",
    properties: {
      action: { type: "string", enum: ["list", "read", "kill"] },
      id: { type: "string", description: "The job, for read and kill" },
    },
    required: ["action"],
  },
};

/** The tools of `tools`, and `process` while one of them can be left to itself. A plugin's tool of that name goes first. */
export function withBackgroundJobs(tools: ToolRunner, clock: Clock, limits: JobLimits = JOBS): ToolRunner {
  const jobs = new Map<string, Job>();
  let last = 0;
  const isOurs = (listed: readonly ModelTool[]) =>
    listed.some(canRunAlone) && !listed.some((tool) => tool.name === PROCESS.name);

  const start = async (call: ToolCallPart, run: RunIdentity, signal: AbortSignal): Promise<ToolOutcome> => {
    const full = whyFull(jobs, run.sessionKey, limits);
    if (full !== null) return said(`Cannot start "${call.name}" in the background: ${full}`, true);
    const job = open(`job-${(last += 1)}`, call, run.sessionKey, clock);
    jobs.set(job.id, job);
    const options = { signal: job.controller.signal, onUpdate: (text: string) => void (job.progress = text) };
    const ended = tools.run(call, run, options).then(
      (outcome) => close(job, outcome, clock),
      (thrown: unknown) => close(job, said(explain(asHostError(thrown)), true), clock),
    );
    // Until it is a job of its own, it ends with its turn.
    const onAbort = () => job.controller.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const soon = await Promise.race([ended, pause(limits.soonMs)]);
    signal.removeEventListener("abort", onAbort);
    forgetOld(jobs, run.sessionKey, limits);
    if (soon === null)
      return said(
        `Started as ${job.id}. Look at it with process {"action": "read", "id": "${job.id}"}`,
        false,
      );
    jobs.delete(job.id);
    signal.throwIfAborted();
    return soon;
  };

  return {
    async list() {
      const listed = await tools.list();
      return isOurs(listed) ? [...listed, PROCESS] : listed;
    },
    async run(call, run, options) {
      if (call.name === PROCESS.name && isOurs(await tools.list()))
        return look(call, jobsOf(jobs, run.sessionKey), clock);
      const isMeant = call.arguments[BACKGROUND] === true;
      const tool = isMeant ? (await tools.list()).find(({ name }) => name === call.name) : undefined;
      if (tool === undefined || !canRunAlone(tool)) return await tools.run(call, run, options);
      return await start(call, run, options.signal);
    },
  };
}

function canRunAlone({ parameters }: ModelTool): boolean {
  const properties = parameters["properties"];
  const found = isJsonObject(properties) ? properties[BACKGROUND] : undefined;
  return isJsonObject(found) && found["format"] === FORMAT;
}

function whyFull(jobs: ReadonlyMap<string, Job>, session: string, limits: JobLimits): string | null {
  const running = [...jobs.values()].filter(({ outcome }) => outcome === null);
  const own = running.filter((job) => job.session === session);
  if (own.length >= limits.perSession)
    return `${own.length} jobs of this session run already (${own.map(({ id }) => id).join(", ")}). Wait for one, or kill it`;
  return running.length >= limits.atOnce ? `${running.length} jobs run already. Wait for one to end` : null;
}

function open(id: string, call: ToolCallPart, session: string, clock: Clock): Job {
  const { [BACKGROUND]: _background, ...args } = call.arguments;
  return {
    id,
    session,
    tool: call.name,
    about: JSON.stringify(args).slice(0, MAX_ABOUT_CHARS),
    startedAt: clock.now(),
    controller: new AbortController(),
    progress: "",
    outcome: null,
    endedAt: 0,
  };
}

function close(job: Job, outcome: ToolOutcome, clock: Clock): ToolOutcome {
  job.outcome = outcome;
  job.endedAt = clock.now();
  return outcome;
}

function jobsOf(jobs: ReadonlyMap<string, Job>, session: string): Job[] {
  return [...jobs.values()].filter((job) => job.session === session);
}

function forgetOld(jobs: Map<string, Job>, session: string, limits: JobLimits): void {
  const ended = (all: readonly Job[]) => all.filter(({ outcome }) => outcome !== null);
  const oldOf = (all: readonly Job[], kept: number) => all.slice(0, Math.max(0, all.length - kept));
  for (const { id } of oldOf(ended(jobsOf(jobs, session)), limits.keptPerSession)) jobs.delete(id);
  for (const { id } of oldOf(ended([...jobs.values()]), limits.kept)) jobs.delete(id);
}

function look(call: ToolCallPart, own: readonly Job[], clock: Clock): ToolOutcome {
  const { action, id } = call.arguments;
  if (action === "list") {
    return said(
      own.map((job) => titleOf(job, clock)).join("\n") || "This session has no background jobs",
      false,
    );
  }
  const job = own.find((each) => each.id === id);
  if (job === undefined) {
    const known = own.map((each) => each.id).join(", ") || "none";
    return said(
      `Cannot ${String(action)} the job ${JSON.stringify(id ?? null)}: the session's jobs are: ${known}`,
      true,
    );
  }
  if (action === "read") return read(job, clock);
  if (action !== "kill") return said(`Cannot do ${JSON.stringify(action ?? null)}: list, read or kill`, true);
  if (job.outcome !== null) return said(`${job.id} has ended already`, false);
  job.controller.abort(new DOMException("The job was killed", "AbortError"));
  return said(`${job.id} is killed`, false);
}

function read(job: Job, clock: Clock): ToolOutcome {
  const title = titleOf(job, clock);
  if (job.outcome === null) return said(`${title}\n${job.progress || "(nothing written so far)"}`, false);
  return { ...job.outcome, content: [{ type: "text", text: title }, ...job.outcome.content] };
}

function titleOf({ id, tool, about, startedAt, endedAt, outcome, controller }: Job, clock: Clock): string {
  const end = outcome === null ? clock.now() : endedAt;
  const seconds = Math.round((end - startedAt) / 1000);
  const ended = controller.signal.aborted ? "killed" : outcome?.isError === true ? "failed" : "ended";
  return `${id} ${outcome === null ? "runs" : ended} (${seconds} s): ${tool} ${about}`;
}

function said(text: string, isError: boolean): ToolOutcome {
  return { content: [{ type: "text", text }], details: null, isError };
}

function pause(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, ms, null));
}
