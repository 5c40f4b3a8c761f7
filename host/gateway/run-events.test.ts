/** A turn as clients see it, over a real socket. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "#host/base/errors.ts";
import { textOf } from "#host/base/message.ts";
import { newKey, type TestClient } from "./client-counterpart.ts";
import { startGateway } from "./gateway-counterpart.ts";
import { assistant, createHost, MODEL, say, tokens, useTool, type Turn } from "./host-counterpart.ts";
import type { AgentEventPayload, ChatEvent, ToolEventData } from "./protocol/chat.ts";

async function play(client: TestClient, message = "hello", sessionKey = newKey()): Promise<string> {
  const runId = `run-${sessionKey}`;
  const answer = await client.request("chat.send", { sessionKey, message, idempotencyKey: runId });
  assert.deepEqual(answer, { runId, status: "started" });
  await client.chatEnd(runId);
  return runId;
}

function events<Payload>(client: TestClient, name: string): Payload[] {
  return client.frames.flatMap((frame) =>
    frame.type === "event" && frame.event === name ? [frame.payload as Payload] : [],
  );
}

test("a turn is told as status, deltas and final, with the text so far in each delta", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  const sessionKey = newKey();
  const runId = await play(client, "hello", sessionKey);
  const chat = events<ChatEvent>(client, "chat");
  assert.deepEqual(
    chat.map(({ state }) => state),
    ["status", "delta", "delta", "final"],
  );
  let text = "";
  for (const event of chat) {
    assert.equal(event.runId, runId);
    assert.equal(event.sessionKey, sessionKey);
    if (event.state !== "delta") continue;
    text += event.deltaText;
    assert.equal(textOf(event.message), text);
  }
  const final = chat.at(-1);
  assert.ok(final?.state === "final");
  assert.equal(textOf(final.message ?? { content: "" }), text);
  assert.equal(text, Array.from({ length: 16 }, (_, index) => `tok${index}`).join(" "));
});

test("the events of a connection are numbered without a gap, those of a run without a step back", async () => {
  await using gateway = await startGateway();
  const [one, two] = [await gateway.join(), await gateway.join()];
  const key = newKey();
  await play(one);
  const runId = await play(one, "again", key);
  await two.chatEnd(runId);
  for (const client of [one, two]) {
    const numbers = client.frames.flatMap((frame) =>
      frame.type === "event" && frame.seq ? [frame.seq] : [],
    );
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, index) => index + 1),
    );
    assert.ok(numbers.length > 15);
  }
  const ofRun = events<AgentEventPayload>(two, "agent").filter((event) => event.runId === runId);
  assert.deepEqual(
    ofRun.map(({ seq }) => seq),
    ofRun.map((_, index) => index + 1),
  );
});

test("that another model answers is told with the reason, on the stream that told of the first", async () => {
  const failed = { provider: "ollama", model: "fake" };
  const turn: Turn = async (_send, tell) => {
    tell({ type: "agent_start", ...failed });
    const next = { provider: "lmstudio", model: "spare" };
    tell({ type: "model_fallback", failed, reason: "Cannot reach it. Start it", ...next });
    tell({ type: "agent_end", stopReason: "stop", message: assistant("hi"), error: null });
  };
  await using gateway = await startGateway({ host: createHost(turn) });
  const client = await gateway.join();
  await play(client);
  const told = events<AgentEventPayload>(client, "agent").map(({ stream, data }) => ({ stream, ...data }));
  assert.deepEqual(
    told.filter((one) => "phase" in one && (one.phase === "fallback" || one.phase === "model")),
    [
      { stream: "lifecycle", phase: "model", ...failed },
      {
        stream: "lifecycle",
        phase: "fallback",
        failed,
        reason: "Cannot reach it. Start it",
        provider: "lmstudio",
        model: "spare",
      },
      { stream: "lifecycle", phase: "model", provider: "lmstudio", model: "spare" },
    ],
  );
});

test("a quick model's pieces are gathered: thousands of pieces, few frames, nothing lost", async () => {
  const pieces = 5000;
  const quick: Turn = async (_send, tell) => {
    tell({ type: "agent_start", ...MODEL });
    tell({ type: "message_start", message: assistant("") });
    let text = "";
    for (let n = 0; n < pieces; n++) {
      text += `${n} `;
      tell({ type: "message_update", kind: "text", delta: `${n} `, text });
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const message = assistant(text);
    tell({ type: "message_end", message });
    tell({ type: "agent_end", stopReason: "stop", message, error: null });
  };
  await using gateway = await startGateway({ host: createHost(quick) });
  const client = await gateway.join();
  await play(client);
  const deltas = events<ChatEvent>(client, "chat").filter((event) => event.state === "delta");
  assert.ok(deltas.length < 200, `${deltas.length} deltas for ${pieces} pieces`);
  const wanted = Array.from({ length: pieces }, (_, index) => `${index} `).join("");
  assert.equal(deltas.map(({ deltaText }) => deltaText).join(""), wanted);
});

test("a slow model's pieces are told one by one, as they come", async () => {
  const host = createHost();
  await using gateway = await startGateway({ host, limits: { deltaIntervalMs: 1 } });
  const client = await gateway.join();
  const told = (text: string) =>
    client.frame((frame): frame is typeof frame => {
      const event = frame.type === "event" && frame.event === "chat" ? (frame.payload as ChatEvent) : null;
      return event?.state === "delta" && textOf(event.message) === text;
    });
  host.turn = async (_send, tell) => {
    tell({ type: "agent_start", ...MODEL });
    tell({ type: "message_start", message: assistant("") });
    for (const text of ["a", "ab", "abc"]) {
      tell({ type: "message_update", kind: "text", delta: text.slice(-1), text });
      await told(text);
    }
    tell({ type: "agent_end", stopReason: "stop", message: assistant("abc"), error: null });
  };
  await play(client);
});

const withTool: Turn = (_send, tell) => {
  const call = {
    type: "toolCall" as const,
    id: "call-1",
    name: "web_fetch",
    arguments: { url: "https://x.org" },
  };
  tell({ type: "agent_start", ...MODEL });
  say(tell, ["Let me look."]);
  tell({ type: "message_end", message: assistant("Let me look.", { stopReason: "toolUse" }) });
  useTool(tell, call, "the page", true);
  say(tell, ["Found."]);
  const message = assistant("Found.");
  tell({ type: "message_end", message });
  tell({ type: "agent_end", stopReason: "stop", message, error: null });
};

test("tool calls are told to clients that asked for tool events, and to no others", async () => {
  await using gateway = await startGateway({ host: createHost(withTool) });
  const [tooled, plain] = [await gateway.join(), await gateway.join({ caps: [] })];
  const runId = await play(tooled);
  await plain.chatEnd(runId);
  const tools = events<AgentEventPayload>(tooled, "agent").filter(({ stream }) => stream === "tool");
  const data = tools.map((event) => event.data as ToolEventData);
  assert.deepEqual(
    data.map(({ phase }) => phase),
    ["start", "update", "result"],
  );
  const [start, , result] = data;
  assert.deepEqual(start, {
    phase: "start",
    name: "web_fetch",
    toolCallId: "call-1",
    args: { url: "https://x.org" },
  });
  assert.ok(result?.phase === "result" && result.isError);
  assert.deepEqual(result.result.content, [{ type: "text", text: "the page" }]);
  assert.deepEqual(
    events<AgentEventPayload>(plain, "agent").filter(({ stream }) => stream === "tool" || stream === "item"),
    [],
  );
});

test("the answer after a tool call replaces the text before it", async () => {
  await using gateway = await startGateway({ host: createHost(withTool) });
  const client = await gateway.join();
  await play(client);
  const deltas = events<ChatEvent>(client, "chat").filter((event) => event.state === "delta");
  assert.deepEqual(
    deltas.map(({ deltaText, replace }) => [deltaText, replace]),
    [
      ["Let me look.", undefined],
      ["Found.", true],
    ],
  );
});

test("a stopped turn is told as aborted with what was written, and the stop is answered after it", async () => {
  const endless: Turn = (_send, tell, signal) => {
    tell({ type: "agent_start", ...MODEL });
    say(tell, ["half a sent"]);
    signal.addEventListener("abort", () =>
      tell({ type: "agent_end", stopReason: "aborted", message: null, error: null }),
    );
  };
  await using gateway = await startGateway({ host: createHost(endless) });
  const client = await gateway.join();
  const sessionKey = newKey();
  await client.request("chat.send", { sessionKey, message: "x", idempotencyKey: "stopped" });
  await client.event("chat");
  const answer = await client.request("chat.abort", { sessionKey });
  assert.deepEqual(answer, { ok: true, aborted: true, runIds: ["stopped"] });
  const aborted = events<ChatEvent>(client, "chat").at(-1);
  assert.ok(aborted?.state === "aborted" && aborted.message !== undefined);
  assert.equal(textOf(aborted.message), "half a sent");
  assert.deepEqual(await client.request("chat.abort", { sessionKey }), {
    ok: true,
    aborted: false,
    runIds: [],
  });
});

test("a turn that fails is told with the reason and the fix, and with the model that failed", async () => {
  const failing: Turn = (_send, tell) => {
    tell({ type: "agent_start", ...MODEL });
    const error = new HostError("model.refused", "Ollama answered 500", { fix: "Look at its log" });
    tell({ type: "agent_end", stopReason: "error", message: null, error });
  };
  await using gateway = await startGateway({ host: createHost(failing) });
  const client = await gateway.join();
  await play(client);
  const failed = events<ChatEvent>(client, "chat").at(-1);
  assert.ok(failed?.state === "error");
  assert.equal(failed.errorMessage, "Ollama answered 500. Look at its log");
  assert.deepEqual(failed.errorDetail, { ...MODEL, failoverReason: "model.refused" });
});

test("a client hears of no turn without the scope to read", async () => {
  await using gateway = await startGateway();
  const [reader, blind] = [await gateway.join(), await gateway.join({ scopes: ["operator.approvals"] })];
  await play(reader);
  await blind.ask("health");
  assert.deepEqual(
    blind.frames.filter((frame) => frame.type === "event" && frame.event !== "connect.challenge"),
    [],
  );
});

test("messages and changes of sessions go to those who subscribed", async () => {
  await using gateway = await startGateway({ host: createHost(tokens(2)) });
  const [all, one, none] = [await gateway.join(), await gateway.join(), await gateway.join()];
  const sessionKey = newKey();
  await all.request("sessions.subscribe");
  await one.request("sessions.messages.subscribe", { key: sessionKey });
  await play(none, "hello", sessionKey);
  const otherRun = await play(none);
  for (const client of [all, one]) await client.chatEnd(otherRun);
  await all.ask("health");

  assert.deepEqual(
    events<{ phase: string }>(all, "sessions.changed").map(({ phase }) => phase),
    ["start", "end", "start", "end"],
  );
  assert.equal(events(all, "session.message").length, 2);
  assert.deepEqual(
    events<{ sessionKey: string }>(one, "session.message").map((event) => event.sessionKey),
    [sessionKey],
  );
  assert.deepEqual(events(one, "sessions.changed"), []);
  assert.deepEqual(events(none, "session.message"), []);

  await one.request("sessions.messages.unsubscribe", { key: sessionKey });
  await all.request("sessions.unsubscribe");
  const [allFrom, oneFrom] = [all.frames.length, one.frames.length];
  const third = await play(none, "again", newKey());
  for (const client of [all, one]) await client.chatEnd(third);
  const later = [...all.frames.slice(allFrom), ...one.frames.slice(oneFrom)];
  assert.ok(!later.some((frame) => frame.type === "event" && frame.event.startsWith("session")));
});

test("a client that goes in mid-turn harms nobody", async () => {
  await using gateway = await startGateway();
  const [stays, goes] = [await gateway.join(), await gateway.join()];
  const key = newKey();
  goes.sendText(
    JSON.stringify({
      type: "req",
      id: "1",
      method: "chat.send",
      params: { sessionKey: key, message: "x", idempotencyKey: "left" },
    }),
  );
  await goes.close();
  assert.equal((await stays.chatEnd("left")).payload.state, "final");
});
