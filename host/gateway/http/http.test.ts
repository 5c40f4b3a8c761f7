/** Plain HTTP: who may ask, what they get, what no answer ever holds. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { startGateway, type ListeningGateway } from "#host/gateway/gateway-counterpart.ts";
import { assistant, MODEL, TOKEN } from "#host/gateway/host-counterpart.ts";
import { HostError } from "#host/base/errors.ts";

const bearer = { Authorization: `Bearer ${TOKEN}` };

function post(gateway: ListeningGateway, path: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(`${gateway.http}${path}`, { method: "POST", body: text, headers });
}

async function problemOf(answer: Response): Promise<{ type: string; message: string }> {
  const { error } = (await answer.json()) as { error: { type: string; message: string } };
  return error;
}

interface Choice {
  readonly message: { readonly content: string };
  readonly delta: { readonly content?: string };
  readonly finish_reason: string | null;
}

interface Completion {
  readonly choices: readonly [Choice];
  readonly usage: object;
}

/** fetch does not let a program choose its Host header. */
function getAs(gateway: ListeningGateway, host: string, more: Record<string, string> = {}): Promise<number> {
  const { port } = gateway.server;
  const options = { host: "127.0.0.1", port, path: "/readyz", headers: { Host: host, ...more } };
  return new Promise((resolve, reject) => {
    const asked = request(options, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("upgrade", (_answer, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.on("error", reject).end();
  });
}

const WEBSOCKET = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
};

test("the page comes with headers that let it load and run nothing of others", async () => {
  await using gateway = await startGateway();
  const page = await fetch(gateway.http);
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
  const csp = page.headers.get("content-security-policy") ?? "";
  assert.match(csp, /default-src 'none'/);
  assert.doesNotMatch(csp, /unsafe|\*/);
  assert.equal(page.headers.get("x-content-type-options"), "nosniff");
  assert.equal(page.headers.get("referrer-policy"), "no-referrer");
  assert.equal(page.headers.get("cache-control"), "no-store");

  const asset = await fetch(`${gateway.http}/assets/app-ABCDEFGH.js`);
  assert.match(asset.headers.get("content-type") ?? "", /javascript/);
  assert.match(asset.headers.get("cache-control") ?? "", /immutable/);
});

test("what there is not is told as JSON, and a wrong method as well", async () => {
  await using gateway = await startGateway();
  for (const path of [
    "/nowhere",
    "/assets/nothing.js",
    "/assets/..%2fpackage.json",
    "/assets/../package.json",
  ]) {
    const answer = await fetch(`${gateway.http}${path}`);
    assert.equal(answer.status, 404, path);
    assert.equal((await problemOf(answer)).type, "not_found");
  }
  const wrong = await post(gateway, "/readyz", {});
  assert.equal(wrong.status, 405);
  assert.match((await problemOf(wrong)).message, /^Cannot POST \/readyz/);
});

test("health answers always; readiness says what it waits for, wall by wall", async () => {
  await using gateway = await startGateway();
  for (const path of ["/health", "/healthz"]) {
    assert.partialDeepStrictEqual(await (await fetch(`${gateway.http}${path}`)).json(), { ok: true });
  }
  const ready = await fetch(`${gateway.http}/readyz`);
  assert.equal(ready.status, 200);
  assert.partialDeepStrictEqual(await ready.json(), {
    ready: true,
    reason: null,
    walls: [{ id: "isolate", state: "stands" }],
    model: { ...MODEL, how: "found" },
    plugins: { total: 0, byState: {} },
  });
  gateway.host.notReady = "the sandbox starts";
  const waiting = await fetch(`${gateway.http}/readyz`);
  assert.equal(waiting.status, 503);
  assert.partialDeepStrictEqual(await waiting.json(), { ready: false, reason: "the sandbox starts" });
});

test("a foreign host name is refused on HTTP and on the socket: a name can be pointed at this machine", async () => {
  await using gateway = await startGateway({ settings: { allowedOrigins: ["https://home.example"] } });
  const { port } = gateway.server;
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, "home.example"]) {
    assert.equal(await getAs(gateway, host), 200, host);
  }
  for (const host of [
    "evil.example",
    `evil.example:${port}`,
    "127.0.0.1.evil.example",
    "localhost.evil.example",
  ]) {
    assert.equal(await getAs(gateway, host), 403, host);
  }
  assert.equal(await getAs(gateway, `127.0.0.1:${port}`, WEBSOCKET), 101);
  assert.equal(await getAs(gateway, "evil.example", WEBSOCKET), 403);
});

test("a ticket signs in once; what it gives is a cookie that no script and no other site can use", async () => {
  await using gateway = await startGateway();
  const { url, ticket } = gateway.gateway.mintAddress();
  assert.equal(url, `http://127.0.0.1:18789/#ticket=${ticket}`);
  const first = await post(gateway, "/auth/ticket", { ticket }, { Origin: gateway.http });
  assert.equal(first.status, 200);
  const cookie = first.headers.get("set-cookie") ?? "";
  assert.match(cookie, /^openclaw-18789=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/);
  const again = await post(gateway, "/auth/ticket", { ticket });
  assert.equal(again.status, 401);
  assert.equal(again.headers.get("set-cookie"), null);
  assert.match((await problemOf(again)).message, /openclaw dashboard/);
  assert.ok(!gateway.logged.join("\n").includes(ticket));
});

test("a ticket that is too old is refused", async () => {
  await using gateway = await startGateway({ limits: { ticketTtlMs: 0 } });
  const { ticket } = gateway.gateway.mintAddress();
  assert.equal((await post(gateway, "/auth/ticket", { ticket })).status, 401);
});

test("the token signs in, a wrong one does not, and guessing is slowed down", async () => {
  await using gateway = await startGateway({ limits: { authFailuresPerMinute: 2 } });
  assert.equal((await post(gateway, "/auth/token", { token: TOKEN })).status, 200);
  assert.equal((await post(gateway, "/auth/token", { token: "guess" })).status, 401);
  assert.equal((await post(gateway, "/auth/token", "not json")).status, 400);
  assert.equal((await post(gateway, "/auth/ticket", { ticket: "guess" })).status, 401);
  const slowed = await post(gateway, "/auth/token", { token: TOKEN });
  assert.equal(slowed.status, 429);
  assert.match((await problemOf(slowed)).message, /Wait \d+ s/);
});

test("signing out ends the cookie", async () => {
  await using gateway = await startGateway();
  const signedIn = await post(gateway, "/auth/token", { token: TOKEN });
  const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  assert.equal([...gateway.host.cookies.values()].filter((expiresAt) => expiresAt > Date.now()).length, 1);
  await post(gateway, "/auth/logout", {}, { Cookie: cookie });
  assert.equal([...gateway.host.cookies.values()].filter((expiresAt) => expiresAt > Date.now()).length, 0);
});

test("a foreign page can post nothing, whatever it knows", async () => {
  await using gateway = await startGateway();
  for (const origin of ["https://evil.example", "null", `http://evil.example:${gateway.server.port}`]) {
    const answer = await post(gateway, "/auth/token", { token: TOKEN }, { Origin: origin });
    assert.equal(answer.status, 403, origin);
    assert.equal(answer.headers.get("set-cookie"), null);
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
  }
});

test("a body over the limit is refused", async () => {
  await using gateway = await startGateway({ limits: { maxBodyBytes: 1000, maxSignInBytes: 100 } });
  const token = { token: "x".repeat(200) };
  assert.equal((await post(gateway, "/auth/token", token)).status, 413);
  assert.equal((await post(gateway, "/v1/chat/completions", token, bearer)).status, 400);
  const long = { token: "x".repeat(2000) };
  assert.equal((await post(gateway, "/v1/chat/completions", long, bearer)).status, 413);
});

const chat = (patch: object = {}) => ({ messages: [{ role: "user", content: "hello" }], ...patch });

test("OpenAI's API wants the token and nothing else will do", async () => {
  await using gateway = await startGateway();
  const wrong: Record<string, string>[] = [
    {},
    { Authorization: "Bearer wrong" },
    { Authorization: "Basic x" },
  ];
  for (const headers of wrong) {
    assert.equal((await fetch(`${gateway.http}/v1/models`, { headers })).status, 401);
    assert.equal((await post(gateway, "/v1/chat/completions", chat(), headers)).status, 401);
  }
  assert.deepEqual(gateway.host.sent, []);
  const models = (await (await fetch(`${gateway.http}/v1/models`, { headers: bearer })).json()) as {
    data: { id: string }[];
  };
  assert.deepEqual(
    models.data.map(({ id }) => id),
    ["openclaw", "openclaw/main"],
  );
});

test("a chat completion is a turn: whole, or streamed piece by piece", async () => {
  await using gateway = await startGateway();
  const whole = (await (await post(gateway, "/v1/chat/completions", chat(), bearer)).json()) as Completion;
  assert.match(whole.choices[0].message.content, /^tok0 .* tok15$/);
  assert.equal(whole.choices[0].finish_reason, "stop");
  assert.deepEqual(whole.usage, { prompt_tokens: 10, completion_tokens: 16, total_tokens: 26 });

  const streamed = await post(gateway, "/v1/chat/completions", chat({ stream: true }), bearer);
  assert.match(streamed.headers.get("content-type") ?? "", /text\/event-stream/);
  const lines = (await streamed.text()).split("\n").filter((line) => line.startsWith("data: "));
  assert.equal(lines.at(-1), "data: [DONE]");
  const chunks = lines.slice(0, -1).map((line) => JSON.parse(line.slice(6)) as Completion);
  const text = chunks.map(({ choices }) => choices[0].delta.content ?? "").join("");
  assert.equal(text, whole.choices[0].message.content);
  assert.equal(chunks.at(-1)?.choices[0].finish_reason, "stop");
});

test("with a session key only the last word is said; without one, what came before is told along", async () => {
  await using gateway = await startGateway();
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "one" },
    { role: "assistant", content: "two" },
    { role: "user", content: [{ type: "text", text: "three" }] },
  ];
  await post(gateway, "/v1/chat/completions", { messages }, { ...bearer, "X-OpenClaw-Session-Key": "trip" });
  await post(gateway, "/v1/chat/completions", { messages }, bearer);
  const [kept, own] = gateway.host.sent;
  assert.deepEqual([kept?.sessionKey, kept?.message], ["agent:main:trip", "three"]);
  assert.match(own?.sessionKey ?? "", /^agent:main:openai-/);
  assert.match(own?.message ?? "", /system: Be brief\.\nuser: one\nassistant: two\n\nNow:\nthree$/);
});

test("a bad completion request and a failing model are told as errors", async () => {
  await using gateway = await startGateway();
  const bad: [object, RegExp][] = [
    [{ messages: [] }, /at \/messages: must NOT have fewer than 1 items/],
    [chat({ model: "gpt-4" }), /at \/model: must be equal to one of the allowed values/],
    [{ messages: [{ role: "system", content: "x" }] }, /none of role user/],
  ];
  for (const [body, words] of bad) {
    const answer = await post(gateway, "/v1/chat/completions", body, bearer);
    assert.equal(answer.status, 400);
    assert.match((await problemOf(answer)).message, words);
  }
  gateway.host.turn = (_send, tell) =>
    tell({
      type: "agent_end",
      stopReason: "error",
      message: null,
      error: new HostError("model.refused", "it broke"),
    });
  const streamed = await (await post(gateway, "/v1/chat/completions", chat({ stream: true }), bearer)).text();
  assert.match(streamed, /data: \{"error":\{"type":"openclaw_error","message":"it broke"\}\}/);
  gateway.host.ports.chat.send = () => Promise.reject(new HostError("limit.exceeded", "too many wait"));
  const full = await (await post(gateway, "/v1/chat/completions", chat({ stream: true }), bearer)).text();
  assert.match(full, /"message":"too many wait"/);
  assert.equal((await post(gateway, "/v1/chat/completions", chat(), bearer)).status, 503);
});

test("a failing model is a failing request", async () => {
  await using gateway = await startGateway();
  gateway.host.turn = (_send, tell) =>
    tell({
      type: "agent_end",
      stopReason: "error",
      message: null,
      error: new HostError("model.refused", "it broke"),
    });
  const failed = await post(gateway, "/v1/chat/completions", chat(), bearer);
  assert.equal(failed.status, 502);
  assert.equal((await problemOf(failed)).message, "it broke");
});

test("a client that hangs up on its completion ends the run", async () => {
  await using gateway = await startGateway();
  const stopped = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  gateway.host.turn = (_send, tell, signal) => {
    tell({ type: "agent_start", ...MODEL });
    signal.addEventListener("abort", () => {
      tell({ type: "agent_end", stopReason: "aborted", message: assistant(""), error: null });
      stopped.resolve();
    });
    started.resolve();
  };
  const hangUp = new AbortController();
  const asked = fetch(`${gateway.http}/v1/chat/completions`, {
    method: "POST",
    headers: bearer,
    body: JSON.stringify(chat()),
    signal: hangUp.signal,
  });
  await started.promise;
  hangUp.abort();
  await assert.rejects(asked);
  await stopped.promise;
});

interface ResponseAnswer {
  readonly id: string;
  readonly status: string;
  readonly output: readonly [
    { readonly content: readonly [{ readonly type: string; readonly text: string }] },
  ];
  readonly usage: object;
}

test("a response is a turn, answered whole and continued by its id in the same session", async () => {
  await using gateway = await startGateway();
  const ask = async (body: object, headers: Record<string, string> = {}) =>
    (await (await post(gateway, "/v1/responses", body, { ...bearer, ...headers })).json()) as ResponseAnswer;
  const first = await ask({ input: "hello", instructions: "Be brief." });
  assert.equal(first.status, "completed");
  assert.match(first.output[0].content[0].text, /^tok0 .* tok15$/);
  assert.deepEqual(first.usage, { input_tokens: 10, output_tokens: 16, total_tokens: 26 });
  await ask({
    input: [{ role: "user", content: [{ type: "input_text", text: "more" }] }],
    previous_response_id: first.id,
  });
  await ask({ input: "x", user: "ada" });
  await ask({ input: "y", user: "ada" });
  await ask({ input: "z" }, { "X-OpenClaw-Session-Key": "trip" });
  const [one, two, three, four, five] = gateway.host.sent;
  assert.equal(one?.message, "What was said before:\nsystem: Be brief.\n\nNow:\nhello");
  assert.deepEqual([two?.sessionKey, two?.message], [one?.sessionKey, "more"]);
  assert.match(three?.sessionKey ?? "", /^agent:main:openai-user-[0-9a-f]{32}$/);
  assert.equal(four?.sessionKey, three?.sessionKey);
  assert.equal(five?.sessionKey, "agent:main:trip");
  assert.ok(
    gateway.host.sent.every(({ queueMode }) => queueMode === "followup"),
    "none is joined to another's turn",
  );
});

test("a response that is to stream, an image, and no token are refused", async () => {
  await using gateway = await startGateway();
  const image = { role: "user", content: [{ type: "input_image", image_url: "x" }] };
  for (const body of [
    { input: "x", stream: true },
    { input: [image] },
    { input: "" },
    { input: "x", previous_response_id: "y" },
  ]) {
    assert.equal((await post(gateway, "/v1/responses", body, bearer)).status, 400, JSON.stringify(body));
  }
  assert.equal((await post(gateway, "/v1/responses", { input: "x" }, {})).status, 401);
  assert.deepEqual(gateway.host.sent, []);
});
