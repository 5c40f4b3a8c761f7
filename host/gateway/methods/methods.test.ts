/** What each method answers, over a real socket. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Approval } from "#host/base/approval.ts";
import { HostError } from "#host/base/errors.ts";
import type { AgentEvent } from "#host/base/run.ts";
import { newKey, type TestClient } from "#host/gateway/client-counterpart.ts";
import { startGateway } from "#host/gateway/gateway-counterpart.ts";
import { aPlugin, aSession, aSkill, MODEL } from "#host/gateway/host-counterpart.ts";
import type { ChatHistoryAnswer } from "#host/gateway/protocol/chat.ts";
import type { ErrorShape } from "#host/gateway/protocol/errors.ts";
import type { PluginAnswer, PluginsListAnswer } from "#host/gateway/protocol/plugins.ts";
import type { CommandRow, SkillsStatusAnswer } from "#host/gateway/protocol/skills.ts";
import type { SessionsListAnswer } from "#host/gateway/protocol/sessions.ts";

async function refusal(client: TestClient, method: string, params: unknown): Promise<ErrorShape> {
  const answer = await client.ask(method, params);
  assert.ok(!answer.ok, `${method} was not refused`);
  return answer.error;
}

async function say(client: TestClient, sessionKey: string, message: string): Promise<void> {
  const idempotencyKey = `${sessionKey} ${message}`;
  await client.request("chat.send", { sessionKey, message, idempotencyKey });
  await client.chatEnd(idempotencyKey);
}

test("chat.send reaches the main session under its alias and a bare key under the main agent", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  await say(client, "main", "hello");
  await say(client, "trip", "hello");
  assert.deepEqual(
    gateway.host.sent.map(({ sessionKey }) => sessionKey),
    ["agent:main:main", "agent:main:trip"],
  );
});

test("chat.send refuses what it cannot do, and says what and why", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  const send = { sessionKey: "main", message: "hello", idempotencyKey: "k" };
  const attached = await refusal(client, "chat.send", { ...send, attachments: [{ type: "image" }] });
  assert.match(attached.message, /^Cannot send 1 attachment/);
  assert.match(
    (await refusal(client, "chat.send", { ...send, message: "  " })).message,
    /message .* required/,
  );
  const other = await refusal(client, "chat.send", { ...send, sessionKey: "agent:other:main" });
  assert.match(other.message, /^unknown agent id "other"\. Use "agent:main:main"/);
  const long = await refusal(client, "chat.send", { ...send, message: "x".repeat(100_001) });
  assert.match(long.message, /at \/message: must NOT have more than 100000 characters/);
  const unprintable = await refusal(client, "chat.send", { ...send, sessionKey: "a\u0000b" });
  assert.match(unprintable.message, /not printable/);
  assert.deepEqual(gateway.host.sent, []);
});

test("the same idempotency key is not answered twice at a time", async () => {
  await using gateway = await startGateway();
  gateway.host.turn = () => undefined;
  const client = await gateway.join();
  const send = { sessionKey: "main", message: "hello", idempotencyKey: "once" };
  assert.deepEqual(await client.request("chat.send", send), { runId: "once", status: "started" });
  assert.deepEqual(await client.request("chat.send", send), { runId: "once", status: "in_flight" });
});

test("chat.history pages from the newest back, by cursor and by offset", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  const sessionKey = newKey();
  for (const text of ["one", "two", "three"]) await say(client, sessionKey, text);
  const ask = (params: object) =>
    client.request<ChatHistoryAnswer>("chat.history", { sessionKey, ...params });
  const places = ({ messages }: ChatHistoryAnswer) => messages.map(({ __openclaw: { seq } }) => seq);

  const all = await ask({});
  assert.deepEqual(places(all), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual([all.hasMore, all.nextCursor], [false, undefined]);
  const newest = await ask({ limit: 2 });
  assert.deepEqual([places(newest), newest.hasMore, newest.nextCursor], [[5, 6], true, "5"]);
  assert.deepEqual(places(await ask({ limit: 2, cursor: newest.nextCursor })), [3, 4]);
  assert.deepEqual(places(await ask({ limit: 2, offset: 4 })), [1, 2]);
  assert.deepEqual(places(await ask({ offset: 6 })), []);
  const bad = await refusal(client, "chat.history", { sessionKey, cursor: "nonsense" });
  assert.match(bad.message, /at \/cursor: must be a cursor/);
});

test("chat.history of a session that does not exist is empty", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  const history = await client.request<ChatHistoryAnswer>("chat.history", { sessionKey: "nowhere" });
  assert.deepEqual([history.messages, history.hasMore, history.sessionId], [[], false, undefined]);
});

test("agent answers twice under one id: accepted, then the result", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  const first = await client.request<{ status: string }>("agent", { message: "hello", idempotencyKey: "a1" });
  assert.equal(first.status, "accepted");
  await client.chatEnd("a1");
  await client.ask("health");
  const answers = client.frames.filter((frame) => frame.type === "res" && frame.id === "t2");
  assert.equal(answers.length, 2);
  const second = answers[1];
  assert.ok(second?.type === "res" && second.ok);
  assert.partialDeepStrictEqual(second.payload, {
    runId: "a1",
    status: "ok",
    result: { payloads: [{ mediaUrl: null }], meta: { agentMeta: MODEL } },
  });
});

test("agent.wait tells how a run ended, before, while and after it, and says timeout for one that does not end", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  const early = client.request<object>("agent.wait", { runId: "w1", timeoutMs: 5_000 });
  await client.request("chat.send", { sessionKey: "main", message: "hello", idempotencyKey: "w1" });
  assert.partialDeepStrictEqual(await early, { runId: "w1", status: "ok", stopReason: "stop" });
  assert.deepEqual(await client.request("agent.wait", { runId: "w1", timeoutMs: 0 }), await early);
  assert.deepEqual(await client.request("agent.wait", { runId: "nobody", timeoutMs: 20 }), {
    runId: "nobody",
    status: "timeout",
  });
});

test("a run that another takes along is over for agent.wait when that one is", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  const tell = (runId: string, event: AgentEvent) =>
    gateway.host.tell({
      run: { runId, sessionKey: "agent:main:main", sessionId: "s", agentId: "main" },
      seq: 1,
      ts: 1,
      event,
    });
  const waited = client.request<object>("agent.wait", { runId: "second", timeoutMs: 5_000 });
  await client.request("health");
  tell("second", { type: "joined", runId: "first" });
  tell("second", { type: "agent_end", stopReason: "stop", message: null, error: null });
  const error = new HostError("model.broken", "It died");
  tell("first", { type: "agent_end", stopReason: "error", message: null, error });
  assert.partialDeepStrictEqual(await waited, { runId: "second", status: "error", error: "It died" });
});

test("an agent run is stopped after its timeout", async () => {
  await using gateway = await startGateway();
  gateway.host.turn = (_send, tell, signal) =>
    new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        tell({ type: "agent_end", stopReason: "aborted", message: null, error: null });
        resolve();
      });
    });
  const client = await gateway.join();
  await client.request("agent", { message: "hello", idempotencyKey: "slow", timeout: 0.05 });
  assert.partialDeepStrictEqual(
    await client.request<object>("agent.wait", { runId: "slow", timeoutMs: 5_000 }),
    {
      status: "error",
      error: "The run was stopped",
    },
  );
});

test("sessions.compact tells what a summary covers, and that there was nothing to summarise", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  await client.request("sessions.subscribe");
  const key = "agent:main:main";
  const made = await client.request("sessions.compact", { key: "main", instructions: "keep names" });
  assert.deepEqual(made, { ok: true, key, compacted: true, covers: 3 });
  const nothing = await client.request("sessions.compact", { key: "main" });
  assert.deepEqual(nothing, { ok: true, key, compacted: false, reason: "nothing to compact" });
});

test("sessions are listed in pages, renamed and deleted, and subscribers hear of it", async () => {
  await using gateway = await startGateway();
  const { sessions } = gateway.host;
  for (const name of ["main", "a", "b"]) sessions.set(`agent:main:${name}`, aSession(`agent:main:${name}`));
  const client = await gateway.join();
  await client.request("sessions.subscribe");

  const page = await client.request<SessionsListAnswer>("sessions.list", { limit: 2 });
  assert.deepEqual([page.count, page.totalCount, page.hasMore, page.nextOffset], [2, 3, true, 2]);
  assert.deepEqual(
    page.sessions.map(({ key, isMain, displayName }) => [key, isMain, displayName]),
    [
      ["agent:main:main", true, "main"],
      ["agent:main:a", false, "a"],
    ],
  );
  const rest = await client.request<SessionsListAnswer>("sessions.list", { limit: 2, offset: 2 });
  assert.deepEqual([rest.count, rest.hasMore, rest.nextOffset], [1, false, null]);

  await client.request("sessions.patch", { key: "agent:main:a", label: "Holiday" });
  assert.equal(sessions.get("agent:main:a")?.title, "Holiday");
  const gone = await refusal(client, "sessions.patch", { key: "nowhere", label: "x" });
  assert.match(gone.message, /^Cannot rename the session "agent:main:nowhere": there is none/);
  const odd = await refusal(client, "sessions.patch", { key: "a", colour: "x", label: "x" });
  assert.match(odd.message, /unexpected property 'colour'/);

  assert.partialDeepStrictEqual(await client.request("sessions.delete", { key: "b" }), {
    ok: true,
    deleted: true,
  });
  assert.partialDeepStrictEqual(await client.request("sessions.delete", { key: "b" }), { deleted: false });
  const reasons = client.frames.flatMap((frame) =>
    frame.type === "event" && frame.event === "sessions.changed"
      ? [(frame.payload as { reason: string }).reason]
      : [],
  );
  assert.deepEqual(reasons, ["patch", "delete"]);
});

test("sessions.patch chooses model and thinking level of one session, shown in its row and by status", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  for (const name of ["a", "b"]) {
    const session = aSession(`agent:main:${name}`);
    gateway.host.sessions.set(session.key, session);
  }
  const patched = await client.request("sessions.patch", {
    key: "a",
    model: "ollama/qwen3",
    thinkingLevel: "HIGH",
  });
  assert.partialDeepStrictEqual(patched, {
    ok: true,
    entry: { model: "qwen3", thinkingLevel: "high", modelOverrideSource: "user" },
    resolved: { modelProvider: "ollama", model: "qwen3" },
  });
  const { sessions } = await client.request<SessionsListAnswer>("sessions.list");
  assert.deepEqual(
    sessions.map(({ key, model, modelOverrideSource, thinkingLevel }) => [
      key,
      model,
      modelOverrideSource,
      thinkingLevel,
    ]),
    [
      ["agent:main:a", "qwen3", "user", "high"],
      ["agent:main:b", "fake:latest", null, null],
    ],
  );
  const status = await client.request<{ sessions: { recent: object[] } }>("status");
  assert.partialDeepStrictEqual(status.sessions.recent, [
    { model: "ollama/qwen3", thinkingLevel: "high" },
    {},
  ]);
  await client.request("sessions.patch", { key: "a", model: null, thinkingLevel: null });
  assert.deepEqual(gateway.host.sessions.get("agent:main:a")?.model, null);
  const noModel = await refusal(client, "sessions.patch", { key: "a", model: "nope" });
  assert.match(noModel.message, /^Cannot use model "nope": no provider has it/);
  const noLevel = await refusal(client, "sessions.patch", { key: "a", thinkingLevel: "very" });
  assert.match(noLevel.message, /^Cannot use thinking level "very"/);
});

test("a running turn shows in its session's row and in its history", async () => {
  await using gateway = await startGateway();
  gateway.host.sessions.set("agent:main:main", aSession("agent:main:main"));
  gateway.host.turn = () => undefined;
  const client = await gateway.join();
  await client.request("chat.send", { sessionKey: "main", message: "x", idempotencyKey: "running" });
  const { sessions } = await client.request<SessionsListAnswer>("sessions.list");
  assert.deepEqual(sessions[0]?.activeRunIds, ["running"]);
  const { sessionInfo } = await client.request<ChatHistoryAnswer>("chat.history", { sessionKey: "main" });
  assert.deepEqual(sessionInfo.activeRunIds, ["running"]);
});

test("plugins are listed with upstream's state and with ours, and the owner's word changes them", async () => {
  await using gateway = await startGateway();
  gateway.host.plugins.push(
    aPlugin("dice", { tools: ["roll"] }),
    aPlugin("fetcher", { state: "waiting", asks: ["domain x.org"] }),
    aPlugin("bad", { state: "broken", problem: "no manifest" }),
  );
  const client = await gateway.join();
  const { plugins, diagnostics } = await client.request<PluginsListAnswer>("plugins.list");
  assert.deepEqual(
    plugins.map(({ id, state, standing, enabled }) => [id, state, standing, enabled]),
    [
      ["dice", "enabled", "ready", true],
      ["fetcher", "disabled", "waiting", false],
      ["bad", "error", "broken", false],
    ],
  );
  assert.deepEqual(diagnostics, [{ level: "warn", message: "bad: no manifest" }]);

  const granted = await client.request<PluginAnswer>("plugins.grant", {
    pluginId: "fetcher",
    request: "a".repeat(64),
  });
  assert.equal(granted.plugin.standing, "ready");
  // Whatever it asks for by now: a grant names what was shown.
  await refusal(client, "plugins.grant", { pluginId: "fetcher" });
  await client.request("plugins.deny", { pluginId: "fetcher" });
  await client.request("plugins.uninstall", { pluginId: "dice" });
  assert.deepEqual(
    gateway.host.plugins.map(({ id, state }) => [id, state]),
    [
      ["fetcher", "denied"],
      ["bad", "broken"],
    ],
  );
});

test("only an administrator changes what plugins may do", async () => {
  await using gateway = await startGateway();
  gateway.host.plugins.push(aPlugin("fetcher", { state: "waiting" }));
  const client = await gateway.join({ scopes: ["operator.read", "operator.write", "operator.approvals"] });
  const grant = { pluginId: "fetcher", request: "a".repeat(64) };
  assert.equal((await refusal(client, "plugins.grant", grant)).code, "FORBIDDEN");
  for (const method of ["plugins.revoke", "plugins.uninstall"]) {
    const { code } = await refusal(client, method, { pluginId: "fetcher" });
    assert.equal(code, "FORBIDDEN", method);
  }
  assert.equal((await refusal(client, "page.ticket", {})).code, "FORBIDDEN");
  assert.equal(gateway.host.plugins[0]?.state, "waiting");
});

const approval: Approval = {
  id: "ask-1",
  kind: "effect",
  pluginId: "web_fetch",
  sessionKey: "agent:main:main",
  runId: "r",
  title: "web_fetch wants to read example.org",
  lines: ["GET https://example.org/"],
  decisions: ["allow-once", "deny"],
  subjectHash: "0".repeat(64),
  createdAt: 1,
  expiresAt: 2,
};

test("an approval is told, listed and answered once, and only with a decision that it offers", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  gateway.host.approvals.push(approval);
  gateway.host.tellApproval({ type: "requested", approval });
  const told = await client.event("plugin.approval.requested");
  const listed = await client.request<object[]>("plugin.approval.list");
  assert.deepEqual(listed, [told.payload]);
  assert.partialDeepStrictEqual(listed[0], {
    ...approval,
    createdAtMs: 1,
    expiresAtMs: 2,
    request: {
      pluginId: "web_fetch",
      description: "GET https://example.org/",
      allowedDecisions: ["allow-once", "deny"],
    },
  });
  const resolve = (decision: string) => ({ id: "ask-1", decision });
  const always = await refusal(client, "plugin.approval.resolve", resolve("allow-always"));
  assert.match(always.message, /it can be allow-once, deny$/);
  const odd = await refusal(client, "plugin.approval.resolve", resolve("perhaps"));
  assert.match(odd.message, /at \/decision: must be equal to one of the allowed values/);
  assert.equal(gateway.host.approvals.length, 1);

  await client.request("plugin.approval.resolve", resolve("allow-once"));
  const late = await refusal(client, "plugin.approval.resolve", resolve("allow-once"));
  assert.equal(late.details?.["code"], "APPROVAL_NOT_FOUND");
  gateway.host.tellApproval({ type: "resolved", id: "ask-1", decision: "allow-once" });
  assert.partialDeepStrictEqual((await client.event("plugin.approval.resolved")).payload, {
    decision: "allow-once",
  });
});

test("approvals are told to those who may answer them only", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join({ scopes: ["operator.read", "operator.write"] });
  gateway.host.tellApproval({ type: "requested", approval });
  gateway.host.pluginsChanged();
  await client.event("plugins.changed");
  assert.ok(
    !client.frames.some((frame) => frame.type === "event" && frame.event.startsWith("plugin.approval")),
  );
});

test("models, tools, agents, health and channels say what there is", async () => {
  await using gateway = await startGateway();
  gateway.host.plugins.push(
    aPlugin("dice", { tools: ["roll"] }),
    aPlugin("read", { tools: ["read"], origin: "builtin" }),
  );
  const client = await gateway.join();
  const { models } = await client.request<{ models: object[] }>("models.list");
  assert.partialDeepStrictEqual(models, [
    { id: "fake:latest", provider: "ollama", tags: ["default"], available: true },
  ]);
  const { groups } = await client.request<{ groups: { source: string; tools: { id: string }[] }[] }>(
    "tools.catalog",
  );
  assert.deepEqual(
    groups.map(({ source, tools }) => [source, tools.map(({ id }) => id)]),
    [
      ["plugin", ["roll"]],
      ["core", ["read"]],
    ],
  );
  assert.partialDeepStrictEqual(await client.request("agents.list"), {
    defaultId: "main",
    agents: [{ id: "main" }],
  });
  assert.partialDeepStrictEqual(await client.request("agent.identity.get"), { agentId: "main" });
  assert.partialDeepStrictEqual(await client.request("health"), {
    ok: true,
    plugins: { loaded: ["dice", "read"], errors: [] },
    ready: true,
    model: MODEL,
    walls: [{ id: "isolate", state: "stands" }],
  });
  assert.partialDeepStrictEqual(await client.request("status"), {
    runtimeVersion: "0.0.0-test",
    channelSummary: [],
  });
  assert.partialDeepStrictEqual(await client.request("channels.status"), { channelOrder: [], channels: {} });
});

test("what a port throws becomes an error frame with the fix; what nobody expected stays inside", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join();
  const { plugins } = gateway.host.ports;
  plugins.install = () =>
    Promise.reject(new HostError("plugin.broken", "Cannot install x: no manifest", { fix: "Write one" }));
  assert.deepEqual(await refusal(client, "plugins.install", { source: "x" }), {
    code: "INVALID_REQUEST",
    message: "Cannot install x: no manifest. Write one",
    details: { code: "plugin.broken", fix: "Write one" },
  });
  plugins.install = () => Promise.reject(new Error("ENOENT /root/secret/place"));
  const internal = await refusal(client, "plugins.install", { source: "x" });
  assert.deepEqual(internal.message, "internal error: see the gateway's log");
  assert.ok(gateway.logged.some((line) => line.includes("/root/secret/place")));
});

test("usage.cost has a line for each day up to today and their sum, in upstream's shape", async () => {
  await using gateway = await startGateway();
  const today = new Date().toISOString().slice(0, 10);
  gateway.host.usage.push({
    date: today,
    input: 17,
    output: 22,
    entries: 3,
    inputCost: 0.25,
    outputCost: 0.5,
    unpriced: 2,
  });
  const client = await gateway.join();
  const { daily, totals, days, ...rest } = await client.request<CostAnswer>("usage.cost", { days: 3 });
  assert.deepEqual([days, daily.length, daily.at(-1)?.date], [3, 3, today]);
  const money = { totalCost: 0.75, inputCost: 0.25, outputCost: 0.5, cacheReadCost: 0, cacheWriteCost: 0 };
  const sum = {
    input: 17,
    output: 22,
    totalTokens: 39,
    cacheRead: 0,
    cacheWrite: 0,
    ...money,
    missingCostEntries: 2,
  };
  assert.deepEqual(daily.at(-1), { date: today, ...sum });
  assert.deepEqual(totals, sum);
  assert.deepEqual(Object.keys(rest).sort(), ["cacheStatus", "updatedAt"]);
  assert.equal((await client.request<CostAnswer>("usage.cost", {})).days, 30);
  assert.equal((await refusal(client, "usage.cost", { days: 0 })).code, "INVALID_REQUEST");
  assert.deepEqual((await client.request<{ providers: unknown }>("usage.status", {})).providers, []);
});

interface CostAnswer {
  readonly days: number;
  readonly daily: readonly { readonly date: string }[];
  readonly totals: object;
}

test("skills.status and commands.list have upstream's shape, as it was captured", async () => {
  const keysOf = (value: object) => Object.keys(value).sort();
  await using gateway = await startGateway();
  gateway.host.skills.push(aSkill("tea"));
  gateway.host.commands.push({ name: "tea", description: "Make tea", acceptsArgs: true, skill: "tea" });
  const client = await gateway.join();
  const status = await client.request<SkillsStatusAnswer>("skills.status", {});
  const [row] = status.skills;
  assert.ok(row !== undefined);
  assert.deepEqual(keysOf(status), ["agentId", "managedSkillsDir", "skills", "workspaceDir"]);
  const upstream =
    "always baseDir blockedByAgentFilter blockedByAllowlist bundled commandVisible configChecks description disabled eligible emoji filePath homepage install missing modelVisible name platformIncompatible requirements skillKey source userInvocable";
  const own = ["pluginId", "reasons", "requests"];
  assert.deepEqual(
    keysOf(row).filter((key) => !own.includes(key)),
    upstream.split(" "),
  );
  assert.deepEqual([row.eligible, row.modelVisible, row.missing.bins], [false, false, ["kettle"]]);
  const { commands } = await client.request<{ commands: CommandRow[] }>("commands.list", {});
  assert.deepEqual(commands, [
    {
      name: "tea",
      nativeName: "tea",
      textAliases: ["/tea"],
      description: "Make tea",
      category: "tools",
      source: "skill",
      scope: "both",
      acceptsArgs: true,
      args: [{ name: "input", description: "What to do", type: "string" }],
    },
  ]);
});
