/**
 * An agent with a real model server behind it (`ollama.counterpart.ts`), scripted tools and a transcript in
 * memory: what the agent's tests talk to.
 */
import { AGENT_SETTINGS, type BlockStreaming } from "#host/base/agent-settings.ts";
import { systemClock } from "#host/base/clock.ts";
import type { AgentLimits } from "#host/base/limits.ts";
import { createLog, type Log } from "#host/base/log.ts";
import type { QueueSettings } from "#host/base/queue-settings.ts";
import type { RunEvent } from "#host/base/run.ts";
import { NO_SETTINGS, type SessionChoices, type SessionSettings } from "#host/base/session.ts";
import type { ModelChoice } from "#host/llm/provider.ts";
import type { Meter } from "./metering.ts";
import type { TurnUsage } from "#host/base/usage.ts";
import type { WaitingMessage, WaitingMessages } from "#host/base/waiting.ts";
import type { Counterpart } from "#host/llm/counterpart-http.ts";
import { startOllamaCounterpart, type OllamaCounterpartOptions } from "#host/llm/ollama.counterpart.ts";
import { createOllama } from "#host/llm/ollama.ts";
import type { ModelProvider } from "#host/llm/provider.ts";
import { createModelSelector, type ModelSelector, type ModelSettings } from "#host/llm/selector.ts";
import { createChat, type Chat } from "./chat.ts";
import type { WorkspaceFile } from "./workspace-files.ts";
import type { Skills } from "./skills.ts";
import type { ToolOutcome, ToolRunner } from "./tool-runner.ts";
import { createMemoryTranscript, type MemoryTranscript } from "./transcript.fixture.ts";

export type FakeTool = (
  args: Readonly<Record<string, unknown>>,
  options: Parameters<ToolRunner["run"]>[2],
) => Promise<string> | string;

export interface TestAgentOptions {
  readonly tools?: Readonly<Record<string, FakeTool>>;
  readonly skills?: Skills;
  readonly limits?: Partial<AgentLimits>;
  readonly server?: OllamaCounterpartOptions;
  readonly transcript?: MemoryTranscript;
  /** Which models there are; the server's alone if left out. */
  readonly settings?: (server: ModelProvider) => ModelSettings;
  readonly blocks?: BlockStreaming;
  /** Of the workspace; asked at each turn. */
  readonly files?: () => readonly WorkspaceFile[];
  readonly waiting?: WaitingMessages;
  readonly queue?: Partial<QueueSettings>;
  /** Silence of the model server that is given up, in ms. */
  readonly idleTimeoutMs?: number;
}

export interface TestAgent extends AsyncDisposable {
  readonly chat: Chat;
  readonly models: ModelSelector;
  readonly server: Counterpart;
  readonly transcript: MemoryTranscript;
  readonly events: RunEvent[];
  /** What answers cost, as it was recorded. */
  readonly usage: TurnUsage[];
  /** Sends to a session and resolves with the run's events once it has ended. */
  ask(message: string, sessionKey?: string, runId?: string): Promise<RunEvent[]>;
  /** Resolves with the first event for which this is true, from now on. */
  until(test: (event: RunEvent) => boolean): Promise<RunEvent>;
}

export const silentLog: Log = createLog({
  clock: systemClock,
  level: "error",
  format: "json",
  write: () => {},
});

export async function startTestAgent(options: TestAgentOptions = {}): Promise<TestAgent> {
  const server = await startOllamaCounterpart({ tokens: 4, ...options.server });
  const limits = options.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: options.idleTimeoutMs };
  const ollama = createOllama({ address: server.address, limits });
  const models = createModelSelector({
    settings: () => options.settings?.(ollama) ?? { primary: null, providers: [ollama] },
    clock: systemClock,
    log: silentLog,
    probeTimeoutMs: 5_000,
  });
  await models.refresh();
  const transcript = options.transcript ?? createMemoryTranscript();
  const usage: TurnUsage[] = [];
  const chat = createChat({
    meter: (choice, run) => counted(choice, run, usage),
    transcript,
    models,
    choices: memoryChoices(),
    tools: fakeTools(options.tools ?? {}),
    skills: options.skills ?? { list: () => [], commands: () => [], text: async () => null },
    clock: systemClock,
    log: silentLog,
    version: "0.0.0-test",
    agentName: "Claw",
    workspace: "$WORKSPACE",
    files: { read: async () => options.files?.() ?? [] },
    waiting: options.waiting ?? createMemoryWaiting(),
    queue: () => options.queue ?? {},
    settings: () => ({
      ...AGENT_SETTINGS,
      ...(options.blocks === undefined ? {} : { blocks: options.blocks }),
    }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const events: RunEvent[] = [];
  chat.subscribe((event) => events.push(event));
  const until: TestAgent["until"] = (test) =>
    new Promise((resolve) => {
      const unsubscribe = chat.subscribe((event) => {
        if (!test(event)) return;
        unsubscribe();
        resolve(event);
      });
    });
  return {
    chat,
    models,
    server,
    transcript,
    events,
    usage,
    until,
    async ask(message, sessionKey = "main", runId = crypto.randomUUID()) {
      const ended = until((told) => told.run.runId === runId && told.event.type === "agent_end");
      await chat.send({ sessionKey, message, runId });
      await ended;
      return events.filter((told) => told.run.runId === runId);
    },
    async [Symbol.asyncDispose]() {
      await chat.close();
      await server.close();
    },
  };
}

/** Writes down what the service counted of each call. */
function counted(choice: ModelChoice, run: Parameters<Meter>[1], usage: TurnUsage[]): ModelChoice {
  const { provider, model } = choice;
  const who = { session: run.sessionKey, run: run.runId, provider: provider.id, model: model.id };
  return {
    ...choice,
    provider: {
      ...provider,
      async *stream(request) {
        for await (const event of provider.stream(request)) {
          if (event.type === "done" && event.usage.totalTokens > 0) {
            usage.push({ ...who, input: event.usage.input, output: event.usage.output });
          }
          yield event;
        }
      },
    },
  };
}

/** Kept while the test runs. */
export function memoryChoices(): SessionChoices {
  const kept = new Map<string, SessionSettings>();
  const settingsOf = (key: string) => kept.get(key) ?? NO_SETTINGS;
  return { settingsOf, choose: (key, change) => void kept.set(key, { ...settingsOf(key), ...change }) };
}

/** In memory, with the promises of `WaitingMessages` but that of the disk. */
export function createMemoryWaiting(): WaitingMessages {
  const rows = new Map<string, WaitingMessage>();
  return {
    async keep(row) {
      const id = `${row.sessionKey} ${row.runId}`;
      if (!rows.has(id)) rows.set(id, row);
    },
    async drop(sessionKey, runId) {
      rows.delete(`${sessionKey} ${runId}`);
    },
    all: async () => [...rows.values()],
  };
}

export function fakeTools(tools: Readonly<Record<string, FakeTool>>): ToolRunner {
  const parameters = { type: "object", properties: {} };
  return {
    list: async () => Object.keys(tools).map((name) => ({ name, description: `Does ${name}`, parameters })),
    async run(call, _run, options): Promise<ToolOutcome> {
      const text = await tools[call.name]?.(call.arguments, options);
      const isFromOutside = call.name === "web";
      return { content: [{ type: "text", text: text ?? "" }], details: null, isError: false, isFromOutside };
    },
  };
}
