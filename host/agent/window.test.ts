import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  NO_USAGE,
  toolCallsOf,
  type AssistantMessage,
  type Message,
  type SummaryMessage,
  type ToolResultMessage,
  type UserMessage,
} from "#host/base/message.ts";
import { buildWindow, HOST_PROVIDER } from "./window.ts";

const past = (messages: readonly Message[]) => ({ summary: null, messages });
const LIMITS = { historyMessages: 12, historyChars: 400 };

function user(text: string): UserMessage {
  return { role: "user", content: text, timestamp: 0 };
}

function assistant(text: string, calls: readonly string[] = [], provider = "ollama"): AssistantMessage {
  const asked = calls.map((id) => ({ type: "toolCall", id, name: "roll", arguments: {} }) as const);
  const content = text === "" ? asked : [{ type: "text", text } as const, ...asked];
  const stopReason = calls.length > 0 ? "toolUse" : "stop";
  return {
    role: "assistant",
    content,
    stopReason,
    api: "x",
    provider,
    model: "m",
    usage: NO_USAGE,
    timestamp: 0,
  };
}

function result(id: string, text = "4"): ToolResultMessage {
  return {
    role: "toolResult",
    toolCallId: id,
    toolName: "roll",
    content: [{ type: "text", text }],
    isError: false,
    timestamp: 0,
  };
}

/** Histories as a store may give them: cut anywhere, with lost and stray results. */
const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.string({ maxLength: 60 }).map(user),
  fc
    .tuple(
      fc.string({ maxLength: 60 }),
      fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 3 }),
      fc.constantFrom("ollama", HOST_PROVIDER),
    )
    .map(([text, calls, provider]) => assistant(text, calls, provider)),
  fc
    .tuple(fc.constantFrom("a", "b", "c"), fc.string({ maxLength: 60 }))
    .map(([id, text]) => result(id, text)),
);
const anyHistory = fc.array(anyMessage, { maxLength: 40 });

function sizeOf(messages: readonly Message[]): number {
  return messages.reduce((size, { content }) => {
    if (typeof content === "string") return size + content.length;
    return content.reduce(
      (sum, part) =>
        sum + (part.type === "text" ? part.text.length : part.type === "toolCall" ? part.name.length + 2 : 0),
      size,
    );
  }, 0);
}

test("whatever the history, a window can be sent to any model", () => {
  fc.assert(
    fc.property(anyHistory, anyHistory, (history, added) => {
      const asked = user("the question");
      const window = buildWindow(past(history), [asked, ...added], LIMITS);
      assert.equal(window[0]?.role, "user", "it starts with a user's message");
      assert.equal(window.filter((message) => message === asked).length, 1, "the question is there");
      for (let at = 0; at < window.length; at++) {
        const message = window[at];
        if (message?.role !== "assistant") continue;
        const calls = toolCallsOf(message);
        const results = window.slice(at + 1, at + 1 + calls.length);
        assert.deepEqual(
          results.map((one) => (one.role === "toolResult" ? one.toolCallId : one.role)),
          calls.map((call) => call.id),
          "each call has its result directly behind",
        );
        at += calls.length;
      }
      const stray = window.filter((message) => message.role === "toolResult").length;
      const called = window.reduce(
        (sum, message) => sum + (message.role === "assistant" ? toolCallsOf(message).length : 0),
        0,
      );
      assert.equal(stray, called, "no result without its call");
    }),
    { numRuns: 500 },
  );
});

test("a window keeps to its limits, but for the question and the newest step of its own run", () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      const window = buildWindow(past(history), [user("the question")], LIMITS);
      assert.ok(window.length <= LIMITS.historyMessages, `${window.length} messages`);
      assert.ok(
        sizeOf(window) <=
          LIMITS.historyChars + "No result: the host was stopped before this call ended".length * 3,
      );
    }),
    { numRuns: 500 },
  );
});

test("a window is the newest end of what there is, in its order", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 60 })), (texts) => {
      const history = texts.map((text, at) => (at % 2 === 0 ? user(text) : assistant(text)));
      const window = buildWindow(past(history), [user("q")], LIMITS).slice(0, -1);
      assert.deepEqual(window, window.length === 0 ? [] : history.slice(-window.length));
    }),
  );
});

test("calls that a killed host left open get a result that says so", () => {
  const window = buildWindow(past([user("roll"), assistant("", ["a", "b"]), result("b")]), [user("again")]);
  assert.deepEqual(
    window.map((message) => message.role),
    ["user", "assistant", "toolResult", "toolResult", "user"],
  );
  assert.match(JSON.stringify(window[2]), /"toolCallId":"a".*the host was stopped/);
  assert.match(JSON.stringify(window[3]), /"toolCallId":"b".*"4"/);
});

test("the host's own answers and the commands before them are left out", () => {
  const history = [user("hi"), assistant("hello"), user("/status"), assistant("all well", [], HOST_PROVIDER)];
  assert.deepEqual(buildWindow(past(history), [user("q")]), [user("hi"), assistant("hello"), user("q")]);
});

test("in a long run the question stays while its older steps go", () => {
  const steps = Array.from({ length: 30 }, (_, n) => [assistant("", [`c${n}`]), result(`c${n}`)]).flat();
  const window = buildWindow(past([user("old"), assistant("old")]), [user("the question"), ...steps], LIMITS);
  assert.equal(window.length <= LIMITS.historyMessages, true);
  assert.deepEqual(window[0], user("the question"));
  assert.deepEqual(window.at(-1), result("c29"));
});

test("a summary goes first and always, and counts", () => {
  const summary: SummaryMessage = {
    role: "compactionSummary",
    content: "They spoke of tea.",
    upTo: 7,
    covers: 7,
    provider: "",
    model: "",
    timestamp: 0,
  };
  const messages = [user("x".repeat(200)), assistant("y".repeat(100))];
  const window = buildWindow({ summary, messages }, [user("q")], LIMITS);
  assert.match(JSON.stringify(window[0]), /summarised by you.*They spoke of tea/);
  assert.equal(window[0]?.role, "user");
  assert.equal(buildWindow({ summary, messages }, [user("x".repeat(390))], LIMITS).length, 2);
});
