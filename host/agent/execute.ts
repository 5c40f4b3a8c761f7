/**
 * Takes one accepted message through its run: stores it, gathers what came before, chooses who answers, and
 * lets the model and its tools work.
 *
 * Guarantees that the run ends: with an answer, or with a start and an end event that say why there is none.
 */
import { setImmediate as soon } from "node:timers/promises";
import type { AgentSettings } from "#host/base/agent-settings.ts";
import type { Clock } from "#host/base/clock.ts";
import { asHostError, HostError } from "#host/base/errors.ts";
import type { AgentLimits } from "#host/base/limits.ts";
import type { Log } from "#host/base/log.ts";
import type { Message, UserMessage } from "#host/base/message.ts";
import type { AgentEvent, RunIdentity } from "#host/base/run.ts";
import type { SessionChoices } from "#host/base/session.ts";
import type { WaitingMessages } from "#host/base/waiting.ts";
import type { ModelChoice, ModelInfo } from "#host/llm/provider.ts";
import type { ModelSelector } from "#host/llm/selector.ts";
import type { ActiveRun } from "./active-run.ts";
import { withBlocks } from "./blocks/emit.ts";
import { answerCommand, hostChoice } from "./commands.ts";
import { pastOf, type Compaction, type CompactionResult, type CompactionTurn } from "./compaction/compact.ts";
import { contextOf, windowFor } from "./context-budget.ts";
import { createMetering, type Meter } from "./metering.ts";
import { buildPrompt } from "./prompt.ts";
import { runAgent } from "./run.ts";
import { createSessionCommands } from "./session-commands.ts";
import { calledUpPart, toolChoice } from "./skill-call.ts";
import { parseSkillCall } from "./skill-commands.ts";
import type { Skills } from "./skills.ts";
import type { ToolRunner } from "./tool-runner.ts";
import type { Past } from "./window.ts";
import { filesForSession, renderFiles, type WorkspaceFiles } from "./workspace-files.ts";
import type { Transcript } from "#host/base/transcript.ts";

export interface ExecuteDeps {
  readonly transcript: Transcript;
  readonly models: Pick<ModelSelector, "forTurn" | "fallback" | "report" | "status" | "find" | "list">;
  /** What the owner chose for single conversations. */
  readonly choices: SessionChoices;
  readonly tools: ToolRunner;
  /** Counts what models are asked for a run, within the owner's budgets. */
  readonly meter: Meter;
  readonly skills: Skills;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** What the agent is called in its prompt. */
  readonly agentName: string;
  /** The workspace as tools name it: `$WORKSPACE`. */
  readonly workspace: string;
  readonly limits: AgentLimits;
  readonly compaction: Compaction;
  readonly files: WorkspaceFiles;
  readonly waiting: WaitingMessages;
  /** Read at each run, so that a change counts from the next. */
  readonly settings: () => AgentSettings;
  /** Messages that wait and that this run answers along, before this model call (counted from 1). */
  readonly takeAlong: (run: ActiveRun, turn: number) => readonly ActiveRun[];
  /** Answers `/queue`. */
  readonly queueCommand: (sessionKey: string, args: string) => string;
  /** Gives the function that tells a run's events, counted from 1. */
  readonly emitterOf: (run: RunIdentity) => (event: AgentEvent) => void;
}

/** A command that the host answers looks at nothing that came before. */
const NOTHING: Past = { summary: null, messages: [] };

interface Prepared {
  readonly identity: RunIdentity;
  readonly asked: UserMessage;
}

/** Runs it to its end. Never rejects; a message that could not be stored rejects `run.accepted`. */
export async function execute(deps: ExecuteDeps, run: ActiveRun): Promise<void> {
  let identity = identityOf(run, "");
  let emit: ((event: AgentEvent) => void) | null = null;
  try {
    const prepared = await prepare(deps, run);
    identity = prepared.identity;
    run.accepted.resolve();
    // The answer to `send` goes out before the run's first event.
    await soon();
    emit = withWantedBlocks(deps, run, deps.emitterOf(identity));
    await answer(deps, run, prepared, emit);
  } catch (thrown) {
    const error = asHostError(thrown);
    deps.log.error("run failed", { runId: run.runId, sessionKey: run.sessionKey, error });
    run.accepted.reject(error);
    tellFailure(emit ?? deps.emitterOf(identity), error);
  }
}

function withWantedBlocks({ settings }: ExecuteDeps, run: ActiveRun, emit: (event: AgentEvent) => void) {
  const { blocks } = settings();
  return (run.blocks ?? blocks.isDefault) ? withBlocks(emit, blocks) : emit;
}

export function takenBack(): HostError {
  return new HostError("aborted", "Stopped before it was answered");
}

/** A run that is ended before its turn: nothing of it is stored, and its events say why. Never rejects. */
export async function endUnanswered(deps: ExecuteDeps, run: ActiveRun, error: HostError): Promise<void> {
  const sessionId = await deps.transcript.open(run.sessionKey, run.agentId).then(
    (session) => session.sessionId,
    () => "",
  );
  tellFailure(deps.emitterOf(identityOf(run, sessionId)), error);
}

async function prepare({ transcript, clock }: ExecuteDeps, run: ActiveRun): Promise<Prepared> {
  const { sessionKey, agentId, runId, incoming, stored } = run;
  const isNew = incoming.kind === "command" && incoming.command === "new" && stored === "none";
  const { sessionId } = await (isNew
    ? transcript.startNew(sessionKey, agentId)
    : transcript.open(sessionKey, agentId));
  const asked = userMessage(run, clock.now());
  if (stored === "none") await transcript.append(sessionId, asked, { runId });
  return { identity: identityOf(run, sessionId), asked };
}

async function answer(
  deps: ExecuteDeps,
  active: ActiveRun,
  { identity, asked }: Prepared,
  emit: (event: AgentEvent) => void,
): Promise<void> {
  const { clock, compaction, models, skills, tools, transcript, limits } = deps;
  const { incoming, runId } = active;
  const session = deps.choices.settingsOf(identity.sessionKey);
  const metering = createMetering(deps.meter, identity);
  const called = incoming.kind === "command" ? null : parseSkillCall(incoming.text, skills.commands());
  const tool = called?.command.tool ?? null;
  const isHosts = incoming.kind === "command" || tool !== null;
  const choice =
    incoming.kind === "command"
      ? commandChoice(deps, active, identity, emit)
      : called !== null && tool !== null
        ? toolChoice(called, tool)
        : metering.metered(await models.forTurn(session.model));
  const skillText = called === null || isHosts ? null : await skills.text(called.command.skill);
  const settings = deps.settings().files;
  const files = isHosts ? [] : await deps.files.read(identity.agentId, settings);
  const known = filesForSession(files, identity.sessionKey);
  const prompt = (hasTools: boolean, model: ModelInfo) =>
    buildPrompt({
      agentName: deps.agentName,
      workspace: deps.workspace,
      now: clock.now(),
      hasTools,
      skills: skills.list(),
      files: renderFiles(known, settings, contextOf(model)),
      calledUp: called === null || isHosts ? "" : calledUpPart(called, skillText, contextOf(model)),
    });
  const store = async (message: Message): Promise<HostError | null> => {
    const usage = message.role === "assistant" ? { usage: message.usage } : {};
    try {
      await transcript.append(identity.sessionId, message, { runId, ...usage });
      return null;
    } catch (thrown) {
      return asHostError(thrown);
    }
  };
  const joining = (turn: number) => join(deps, active, identity, turn);
  const { signal } = active.controller;
  const recall = async (chosen: ModelChoice): Promise<Past> => {
    if (isHosts) return NOTHING;
    const fixed = { system: prompt(chosen.model.supportsTools, chosen.model), tools: await tools.list() };
    const window = windowFor(chosen.model, fixed, limits);
    return pastOf(await compaction.recall({ run: identity, choice: chosen, window, emit, signal }), runId);
  };
  const input = { run: identity, recall, asked, signal, joining };
  const fallback = async (failed: ModelChoice, error: HostError): Promise<ModelChoice | null> => {
    const next = await models.fallback(metering.plain(failed), error);
    return next === null ? null : metering.metered(next);
  };
  const tooLong = () => compaction.refused(identity.sessionId);
  const run = {
    choice,
    fallback,
    thinking: session.thinking,
    tools,
    clock,
    prompt,
    emit,
    store,
    limits,
    tooLong,
  };
  const { error, choice: last } = await runAgent(run, input);
  models.report(metering.plain(last), error);
}

/** Stores what a run takes along as its own messages, and tells their senders that it will answer them. Never rejects. */
async function join(
  deps: ExecuteDeps,
  carrier: ActiveRun,
  identity: RunIdentity,
  turn: number,
): Promise<readonly UserMessage[]> {
  if (carrier.incoming.kind === "command") return [];
  const joined: UserMessage[] = [];
  for (const one of deps.takeAlong(carrier, turn)) {
    const message = userMessage(one, deps.clock.now());
    const emit = deps.emitterOf({ ...identity, runId: one.runId });
    one.joinedTo = carrier;
    carrier.carried.push(one);
    try {
      if (one.stored === "none") {
        await deps.transcript.append(identity.sessionId, message, { runId: carrier.runId });
      }
    } catch (thrown) {
      tellFailure(emit, asHostError(thrown));
      continue;
    }
    joined.push(message);
    emit({ type: "joined", runId: carrier.runId });
    emit({ type: "agent_end", stopReason: "stop", message: null, error: null });
  }
  return joined;
}

function userMessage({ incoming, runId }: ActiveRun, timestamp: number): UserMessage {
  return { role: "user", content: incoming.text, timestamp, idempotencyKey: runId };
}

function commandChoice(
  deps: ExecuteDeps,
  { incoming, controller }: ActiveRun,
  identity: RunIdentity,
  emit: (event: AgentEvent) => void,
): ModelChoice {
  const { version, models, choices, skills, tools, queueCommand } = deps;
  const { sessionKey } = identity;
  return hostChoice(async () =>
    incoming.kind === "text"
      ? ""
      : await answerCommand(incoming.command, {
          version,
          sessionKey,
          status: models.status(),
          tools: await tools.list(),
          skills: skills.commands(),
          args: incoming.args,
          session: choices.settingsOf(sessionKey),
          choose: createSessionCommands({ models, choices }),
          queue: (words) => queueCommand(sessionKey, words),
          compact: (words) => compactNow(deps, identity, words, { emit, signal: controller.signal }),
        }),
  );
}

/** Summarises a session at the owner's word. */
export async function compactNow(
  {
    models,
    choices,
    tools,
    limits,
    compaction,
    meter,
  }: Pick<ExecuteDeps, "models" | "choices" | "tools" | "limits" | "compaction" | "meter">,
  run: RunIdentity,
  instructions: string,
  { emit, signal }: Pick<CompactionTurn, "emit" | "signal">,
): Promise<CompactionResult> {
  const choice = meter(await models.forTurn(choices.settingsOf(run.sessionKey).model), run);
  const window = windowFor(choice.model, { system: "", tools: await tools.list() }, limits);
  return await compaction.now({ run, choice, window, emit, signal }, instructions);
}

export function identityOf(
  { runId, sessionKey, agentId }: Omit<RunIdentity, "sessionId">,
  sessionId: string,
): RunIdentity {
  return { runId, sessionKey, sessionId, agentId };
}

/** A start and an end for a run that no model came to answer. */
function tellFailure(emit: (event: AgentEvent) => void, error: HostError): void {
  const stopReason = error.code === "aborted" ? "aborted" : "error";
  emit({ type: "agent_start", provider: "", model: "" });
  emit({ type: "agent_end", stopReason, message: null, error });
}
