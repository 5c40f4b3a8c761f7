import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatHistoryAnswer, HistoryMessage, SessionRow } from "../wire.ts";
import { type Action, type AppState, MAIN_SESSION, initialState } from "./app-state.ts";
import { reduce } from "./reduce.ts";
import { type AnswerEntry, type Entry, type Part, queuedRuns } from "./transcript.ts";

const OTHER = "agent:main:other";
const now = 1_000;

const chat = (state: string, more: object = {}, sessionKey = MAIN_SESSION): Action => ({
  type: "event",
  event: "chat",
  now,
  payload: { runId: "r1", sessionKey, agentId: "main", seq: 1, state, ...more },
});
const said = (text: string) => ({ role: "assistant", content: [{ type: "text", text }], timestamp: now });
const delta = (deltaText: string, whole: string, more: object = {}) =>
  chat("delta", { deltaText, message: said(whole), ...more });
const tool = (data: object): Action => ({
  type: "event",
  event: "agent",
  now,
  payload: { runId: "r1", sessionKey: MAIN_SESSION, stream: "tool", data },
});
const output = (text: string, details: object = {}) => ({ content: [{ type: "text", text }], details });

function play(actions: readonly Action[], from: AppState = initialState(MAIN_SESSION)): AppState {
  return actions.reduce(reduce, from);
}

function entries({ transcript }: AppState): readonly Entry[] {
  return [...transcript.settled, ...transcript.live];
}

function answer(state: AppState): AnswerEntry {
  const found = entries(state).find((entry) => entry.kind === "answer");
  assert.ok(found?.kind === "answer", "there is an answer");
  return found;
}

const texts = (parts: readonly Part[]) =>
  parts.map((part) => (part.kind === "tool" ? `[${part.tool.name} ${part.tool.phase}]` : part.text));

const SEND: Action = { type: "send", runId: "r1", text: "hello", now };
const page = (
  messages: readonly HistoryMessage[],
  more: Partial<ChatHistoryAnswer> = {},
): ChatHistoryAnswer => ({
  sessionKey: MAIN_SESSION,
  messages,
  hasMore: false,
  defaults: { modelProvider: "ollama", model: "m" },
  sessionInfo: { key: MAIN_SESSION, hasActiveRun: false, activeRunIds: [] },
  ...more,
});
const newest = (answered: ChatHistoryAnswer): Action => ({
  type: "history",
  what: "newest",
  page: answered,
  now,
});

let seq = 0;
const mark = (runId: string) => ({ __openclaw: { id: `m${++seq}`, seq, runId } });
const userMessage = (text: string, runId: string): HistoryMessage => ({
  role: "user",
  content: text,
  timestamp: now,
  ...mark(runId),
});
const assistantMessage = (
  content: (HistoryMessage & { role: "assistant" })["content"],
  runId: string,
  stopReason = "stop",
) =>
  ({
    role: "assistant",
    content,
    stopReason,
    api: "ollama",
    provider: "ollama",
    model: "m",
    usage: { input: 0, output: 0, totalTokens: 0 },
    timestamp: now,
    ...mark(runId),
  }) as HistoryMessage;

test("deltas of one run grow one answer, and a tool call stands where it was made", () => {
  const state = play([
    SEND,
    delta("Let me ", "Let me "),
    delta("look.", "Let me look."),
    tool({ phase: "start", name: "read", toolCallId: "t1", args: { path: "a.md" } }),
    tool({ phase: "result", name: "read", toolCallId: "t1", isError: false, result: output("text") }),
    delta("Done.", "Done.", { replace: true }),
    chat("final", { stopReason: "stop", message: said("Done.") }),
  ]);
  assert.deepEqual(texts(answer(state).parts), ["Let me look.", "[read done]", "Done."]);
  assert.equal(answer(state).phase, "done");
  assert.equal(state.transcript.live.length, 0, "a finished run is settled");
});

test("a token leaves what is settled untouched, so that its price does not grow with the conversation", () => {
  const history = [userMessage("old", "r0"), assistantMessage([{ type: "text", text: "older" }], "r0")];
  const before = play([newest(page(history)), SEND, delta("a", "a")]);
  const after = play([delta("b", "ab")], before);
  assert.equal(after.transcript.settled, before.transcript.settled);
});

test("a refused tool call says so and keeps the fix, a failed one is not called refused", () => {
  const state = play([
    SEND,
    tool({ phase: "start", name: "read", toolCallId: "t1", args: {} }),
    tool({
      phase: "result",
      name: "read",
      toolCallId: "t1",
      isError: true,
      result: output("Cannot read", { code: "effect.denied", fix: "Grant it" }),
    }),
    tool({ phase: "start", name: "roll", toolCallId: "t2", args: {} }),
    tool({ phase: "result", name: "roll", toolCallId: "t2", isError: true, result: output("broke") }),
  ]);
  assert.deepEqual(texts(answer(state).parts), ["[read refused]", "[roll failed]"]);
  const [first] = answer(state).parts;
  assert.equal(first?.kind === "tool" && first.tool.fix, "Grant it");
});

test("progress of a tool is shown while it runs; a tool that a stop cut off does not look as if it ran on", () => {
  const running = play([
    SEND,
    tool({ phase: "start", name: "read", toolCallId: "t1", args: {} }),
    tool({ phase: "update", name: "read", toolCallId: "t1", partialResult: output("half") }),
  ]);
  const [part] = answer(running).parts;
  assert.equal(part?.kind === "tool" && part.tool.progress, "half");
  const stopped = reduce(running, chat("aborted"));
  assert.equal(answer(stopped).phase, "aborted");
  assert.deepEqual(texts(answer(stopped).parts), ["[read stopped]"]);
});

test("an error of the model ends the answer and keeps what was said", () => {
  const state = play([SEND, delta("Half", "Half"), chat("error", { errorMessage: "Ollama answered 500" })]);
  assert.deepEqual(texts(answer(state).parts), ["Half"]);
  assert.equal(answer(state).problem, "Ollama answered 500");
});

test("a final message that no delta announced is shown, one that repeats them is not shown twice", () => {
  const silent = play([SEND, chat("final", { message: said("/status") })]);
  assert.deepEqual(texts(answer(silent).parts), ["/status"]);
  const streamed = play([SEND, delta("hi", "hi"), chat("final", { message: said("hi") })]);
  assert.deepEqual(texts(answer(streamed).parts), ["hi"]);
});

test("events after the end of a run change nothing", () => {
  const ended = play([SEND, chat("final", { message: said("hi") })]);
  assert.equal(reduce(ended, delta("late", "late")).transcript, ended.transcript);
});

test("what was said in another window appears once, before its answer", () => {
  const message = { role: "user", content: "from the CLI", timestamp: now, __openclaw: { runId: "r1" } };
  const echo: Action = {
    type: "event",
    event: "session.message",
    now,
    payload: { sessionKey: MAIN_SESSION, agentId: "main", message },
  };
  const state = play([chat("status", { phase: "starting_model" }), echo, echo, delta("hi", "hi")]);
  assert.deepEqual(
    entries(state).map((entry) => entry.kind),
    ["user", "answer"],
  );
  const own = play([SEND, { type: "send-accepted", runId: "r1" }, echo]);
  assert.equal(entries(own).filter((entry) => entry.kind === "user").length, 1);
});

test("a message that was not sent is marked and leaves no answer behind", () => {
  const state = play([SEND, { type: "send-failed", runId: "r1" }]);
  assert.deepEqual(
    entries(state).map((entry) => `${entry.kind} ${entry.phase}`),
    ["user failed"],
  );
});

test("an answer in another session marks it as unread and leaves this one alone", () => {
  const row = { key: OTHER, activeRunIds: ["r1"], hasActiveRun: true } as unknown as SessionRow;
  const before = play([{ type: "sessions", sessions: [row] }]);
  const after = reduce(before, chat("final", { message: said("hi") }, OTHER));
  assert.equal(after.transcript, before.transcript);
  assert.deepEqual([...after.unread], [OTHER]);
  assert.equal(after.sessions[0]?.hasActiveRun, false);
  assert.deepEqual([...reduce(after, { type: "session-open", key: OTHER }).unread], []);
});

test("history: a run's model calls and tool results are one answer", () => {
  const call = { type: "toolCall", id: "t1", name: "read", arguments: { path: "a" } } as const;
  const result: HistoryMessage = {
    role: "toolResult",
    toolCallId: "t1",
    toolName: "read",
    content: [{ type: "text", text: "no such file" }],
    isError: true,
    timestamp: now,
    ...mark("r1"),
  };
  const messages = [
    userMessage("look", "r1"),
    assistantMessage([{ type: "text", text: "Looking." }, call], "r1", "toolUse"),
    result,
    assistantMessage([{ type: "text", text: "It is gone." }], "r1"),
  ];
  const state = play([newest(page(messages))]);
  assert.deepEqual(texts(answer(state).parts), ["Looking.", "[read failed]", "It is gone."]);
});

test("history: an answer that was stopped before its first word is still shown as stopped", () => {
  const stored = [userMessage("go", "r1"), assistantMessage([], "r1", "aborted")];
  assert.equal(answer(play([newest(page(stored))])).phase, "aborted");
});

test("an older page goes in front, and a run that the pages cut in two is one answer again", () => {
  const older = [userMessage("a", "r1"), assistantMessage([{ type: "text", text: "one" }], "r1", "toolUse")];
  const newer = [assistantMessage([{ type: "text", text: "two" }], "r1")];
  const first = play([newest(page(newer, { hasMore: true, nextCursor: "3" }))]);
  assert.equal(first.transcript.olderCursor, "3");
  const state = reduce(first, { type: "history", what: "older", page: page(older), now });
  assert.equal(state.transcript.olderCursor, null);
  assert.deepEqual(texts(answer(state).parts), ["one", "two"]);
  assert.equal(entries(state).length, 2);
});

test("history that arrives while an answer streams does not take away what was streamed", () => {
  const active = { key: MAIN_SESSION, hasActiveRun: true, activeRunIds: ["r1"] };
  const state = play([
    SEND,
    { type: "send-accepted", runId: "r1" },
    delta("Half", "Half"),
    newest(page([userMessage("hello", "r1")], { sessionInfo: active })),
    delta(" more", "Half more"),
  ]);
  assert.deepEqual(
    entries(state).map((entry) => entry.kind),
    ["user", "answer"],
  );
  assert.deepEqual(texts(answer(state).parts), ["Half more"]);
});

test("after a lost line an answer still under way is taken up with all of its text, though deltas were missed", () => {
  const active = { key: MAIN_SESSION, hasActiveRun: true, activeRunIds: ["r1"] };
  const state = play([
    SEND,
    delta("One ", "One "),
    { type: "link-lost", reason: "", retryAt: 0 },
    newest(page([userMessage("hello", "r1")], { sessionInfo: active })),
    delta("three", "One two three"),
  ]);
  assert.deepEqual(texts(answer(state).parts), ["One two three"]);
  assert.equal(answer(state).partial, true, "so that its end fetches what is missing");
});

test("after a lost line an answer that ended meanwhile is shown as it is stored", () => {
  const stored = [userMessage("hello", "r1"), assistantMessage([{ type: "text", text: "All of it" }], "r1")];
  const state = play([
    SEND,
    delta("All", "All"),
    { type: "link-lost", reason: "", retryAt: 0 },
    newest(page(stored)),
  ]);
  assert.deepEqual(texts(answer(state).parts), ["All of it"]);
  assert.equal(state.transcript.live.length, 0);
});

test("an answer that ended with the gateway is shown as cut off, until it is stored after all", () => {
  const lost = play([SEND, delta("half an", "half an"), { type: "link-lost", reason: "", retryAt: 0 }]);
  const asked = userMessage("hello", "r1");
  const back = reduce(lost, newest(page([asked])));
  assert.deepEqual(
    entries(back).map((entry) => entry.kind),
    ["user", "answer"],
  );
  assert.deepEqual([answer(back).phase, texts(answer(back).parts)], ["failed", ["half an"]]);
  assert.match(answer(back).problem ?? "", /Send the message again/);
  const again = reduce(back, newest(page([asked])));
  assert.equal(answer(again).phase, "failed");
  const whole = assistantMessage([{ type: "text", text: "half an answer" }], "r1");
  const stored = reduce(again, newest(page([asked, whole])));
  assert.deepEqual([entries(stored).length, answer(stored).phase], [2, "done"]);
});

test("history of a session that was left in the meantime is dropped", () => {
  const state = play([{ type: "session-open", key: OTHER }, newest(page([userMessage("a", "r1")]))]);
  assert.equal(entries(state).length, 0);
});

test("a question is shown once, and goes when it is answered anywhere", () => {
  const approval = { id: "a1", kind: "grant" };
  const asked: Action = { type: "event", event: "plugin.approval.requested", now, payload: approval };
  const open = play([asked, asked]);
  assert.equal(open.approvals.length, 1);
  const resolved: Action = {
    type: "event",
    event: "plugin.approval.resolved",
    now,
    payload: { id: "a1", decision: "deny", ts: now },
  };
  assert.deepEqual(reduce(open, resolved).approvals, []);
});

test("a message that the running turn takes along stands in it: it has no answer of its own", () => {
  const second: Action = { type: "send", runId: "r2", text: "and this", now };
  const state = play([
    SEND,
    delta("thinking", "thinking"),
    second,
    { ...chat("final", { runId: "r2", stopReason: "stop" }) },
    delta(" done", "thinking done"),
    chat("final", { stopReason: "stop", message: said("thinking done") }),
  ]);
  assert.deepEqual(
    entries(state).map((entry) => (entry.kind === "user" ? entry.text : texts(entry.parts).join())),
    ["hello", "thinking done", "and this"],
  );
  const stored = play([
    newest(
      page([
        userMessage("hello", "r1"),
        assistantMessage([{ type: "toolCall", id: "c", name: "roll", arguments: {} }], "r1", "toolUse"),
        { ...userMessage("and this", "r1"), idempotencyKey: "r2" } as HistoryMessage,
        assistantMessage([{ type: "text", text: "both" }], "r1"),
      ]),
    ),
  ]);
  const ids = entries(stored).map(({ id }) => id);
  assert.deepEqual(ids, ["user:r1", "run:r1", "user:r2", "run:r1:1"]);
});

test("an answer that waits behind another is known to wait, until it begins", () => {
  const second: Action = { type: "send", runId: "r2", text: "and this", now };
  const waiting = play([SEND, delta("a", "a"), second]);
  assert.deepEqual([...queuedRuns(entries(waiting))], ["run:r2"]);
  const ended = play([chat("final", { stopReason: "stop", message: said("a") })], waiting);
  assert.deepEqual([...queuedRuns(entries(ended))], []);
  assert.deepEqual([...queuedRuns(entries(play([SEND])))], [], "the only one does not wait for another");
});
