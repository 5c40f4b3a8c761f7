/** The handshake over real sockets: what upstream's gateway answered to the same frames (protocol.md). */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ALL_SCOPES,
  connectParams,
  type GatewayRefusal,
  newDevice,
  proofOf,
  type TestClient,
} from "./client-counterpart.ts";
import { CLI, startGateway } from "./gateway-counterpart.ts";
import { TOKEN } from "./host-counterpart.ts";
import type { ConnectInput } from "./protocol/connect.ts";

const ORIGIN_MESSAGE =
  "origin not allowed (open the Control UI from the gateway host or allow it in gateway.controlUi.allowedOrigins)";
const WEBCHAT: ConnectInput["client"] = { id: "webchat-ui", version: "1", platform: "web", mode: "webchat" };
const withToken = { auth: { token: TOKEN } };

/** Sends `connect`, gives the answer's error and the close. */
async function refused(client: TestClient, params: unknown) {
  await client.challenge();
  const answer = await client.ask("connect", params);
  assert.ok(!answer.ok, "connect was not refused");
  return { error: answer.error, closed: await client.closed() };
}

interface Case {
  readonly name: string;
  readonly params: unknown;
  readonly headers?: Record<string, string>;
  readonly code?: string;
  readonly message: string;
  readonly details?: object;
  readonly close?: number;
}

const cases: readonly Case[] = [
  {
    name: "a wrong token",
    params: connectParams({ auth: { token: "wrong" } }),
    message: "unauthorized: gateway token mismatch (provide gateway auth token)",
    details: {
      code: "AUTH_TOKEN_MISMATCH",
      authReason: "token_mismatch",
      canRetryWithDeviceToken: false,
      recommendedNextStep: "update_auth_credentials",
    },
  },
  {
    name: "no token and no device",
    params: connectParams(),
    code: "NOT_PAIRED",
    message: "device identity required",
    details: { code: "DEVICE_IDENTITY_REQUIRED" },
  },
  {
    name: "a node without a device, even with the token",
    params: connectParams({ ...withToken, role: "node", scopes: [] }),
    code: "NOT_PAIRED",
    message: "device identity required",
    details: { code: "DEVICE_IDENTITY_REQUIRED" },
  },
  ...[3, 5].map((version) => ({
    name: `protocol ${version} only`,
    params: connectParams({ ...withToken, minProtocol: version, maxProtocol: version }),
    message: "protocol mismatch",
    details: {
      code: "PROTOCOL_MISMATCH",
      clientMinProtocol: version,
      clientMaxProtocol: version,
      expectedProtocol: 4,
      minimumProbeProtocol: 3,
    },
    close: 1002,
  })),
  { name: "an unknown role", params: connectParams({ ...withToken, role: "king" }), message: "invalid role" },
  {
    name: "an unknown property",
    params: { ...connectParams(withToken), surprise: true },
    message: "invalid connect params: at root: unexpected property 'surprise'",
  },
  {
    name: "an unknown client id",
    params: { ...connectParams(withToken), client: { ...CLI, id: "my-client" } },
    message: "invalid connect params: at /client/id: must be equal to one of the allowed values",
  },
  {
    name: "a page without an Origin",
    params: connectParams({ ...withToken, client: WEBCHAT }),
    message: ORIGIN_MESSAGE,
    details: { code: "CONTROL_UI_ORIGIN_NOT_ALLOWED", reason: "origin missing or invalid" },
  },
  {
    name: "any client with a foreign Origin",
    params: connectParams(withToken),
    headers: { Origin: "https://evil.example" },
    message: ORIGIN_MESSAGE,
    details: { code: "CONTROL_UI_ORIGIN_NOT_ALLOWED", reason: "origin not allowed" },
  },
];

for (const { name, params, headers, code = "INVALID_REQUEST", message, details, close = 1008 } of cases) {
  test(`${name} is refused in upstream's words and the socket is closed with ${close}`, async () => {
    await using gateway = await startGateway();
    const { error, closed } = await refused(gateway.client(headers), params);
    assert.deepEqual(error, { code, message, ...(details === undefined ? {} : { details }) });
    assert.deepEqual(closed, { code: close, reason: message });
  });
}

const proofs = [
  {
    name: "a broken signature",
    code: "SIGNATURE_INVALID",
    reason: "device-signature",
    text: "device signature invalid",
  },
  {
    name: "an old signature",
    code: "SIGNATURE_EXPIRED",
    reason: "device-signature-stale",
    text: "device signature expired",
  },
  {
    name: "another nonce",
    code: "NONCE_MISMATCH",
    reason: "device-nonce-mismatch",
    text: "device nonce mismatch",
  },
  {
    name: "a foreign id",
    code: "DEVICE_ID_MISMATCH",
    reason: "device-id-mismatch",
    text: "device identity mismatch",
  },
] as const;

for (const { name, code, reason, text } of proofs) {
  test(`a device with ${name} is refused although its token is right`, async () => {
    await using gateway = await startGateway();
    const client = gateway.client();
    const params = connectParams({ client: CLI, ...withToken });
    const challenge = await client.challenge();
    const patch = {
      SIGNATURE_INVALID: {},
      SIGNATURE_EXPIRED: { signedAt: challenge.ts - 3_600_000 },
      NONCE_MISMATCH: { nonce: "00000000-0000-0000-0000-000000000000" },
      DEVICE_ID_MISMATCH: { id: "0".repeat(64) },
    }[code];
    const proof = proofOf(newDevice(), params, challenge, patch);
    const signature =
      code === "SIGNATURE_INVALID" ? proofOf(newDevice(), params, challenge).signature : proof.signature;
    const { error, closed } = await refused(client, { ...params, device: { ...proof, signature } });
    assert.deepEqual(error, {
      code: "INVALID_REQUEST",
      message: text,
      details: { code: `DEVICE_AUTH_${code}`, reason },
    });
    assert.deepEqual(closed, { code: 1008, reason: text });
  });
}

test("the token opens the gateway, also as a password, and for a client that offers protocols 3 to 5", async () => {
  await using gateway = await startGateway();
  for (const patch of [
    withToken,
    { auth: { password: TOKEN } },
    { ...withToken, minProtocol: 3, maxProtocol: 5 },
  ]) {
    const hello = await gateway.client().connect(patch);
    assert.equal(hello.protocol, 4);
    assert.deepEqual(hello.auth, { method: "token", role: "operator", scopes: ALL_SCOPES });
  }
});

test("a client of the kind test gets in, but without any scope", async () => {
  await using gateway = await startGateway();
  const client = await gateway.join({
    client: { id: "test", version: "1", platform: "linux", mode: "test" },
  });
  const answer = await client.ask("sessions.list");
  assert.ok(!answer.ok);
  assert.deepEqual(answer.error, {
    code: "FORBIDDEN",
    message: "missing scope: operator.read",
    details: { code: "MISSING_SCOPE", missingScope: "operator.read", requiredScopes: ["operator.read"] },
  });
});

test("a new device on this machine is paired by the token and comes back with its own", async () => {
  await using gateway = await startGateway();
  const device = newDevice();
  const scopes = ["operator.read"];
  const first = await gateway.joinWith(device, { scopes });
  const { deviceToken } = first.hello.auth;
  assert.ok(deviceToken);
  assert.ok(![...gateway.host.devices.values()].some((kept) => JSON.stringify(kept).includes(deviceToken)));

  const again = await gateway.joinWith(device, {
    auth: { deviceToken },
    scopes: ["operator.read", "operator.admin"],
  });
  assert.equal(again.hello.auth.method, "device-token");
  assert.deepEqual(again.hello.auth.scopes, scopes, "its own token must not widen what it was approved for");

  await assert.rejects(
    gateway.joinWith(newDevice(), { auth: { deviceToken } }),
    (refusal: GatewayRefusal) => refusal.error.details?.["code"] === "AUTH_DEVICE_TOKEN_MISMATCH",
  );
});

test("a paired device needs its token as well as its key", async () => {
  await using gateway = await startGateway();
  const device = newDevice();
  await gateway.joinWith(device);
  for (const [auth, code] of [
    [{ deviceToken: "wrong" }, "AUTH_DEVICE_TOKEN_MISMATCH"],
    [{ token: "wrong" }, "AUTH_TOKEN_MISMATCH"],
    [{}, "AUTH_TOKEN_MISSING"],
  ] as const) {
    await assert.rejects(
      gateway.joinWith(device, { auth }),
      (refusal: GatewayRefusal) => refusal.error.details?.["code"] === code,
    );
  }
});

test("from another machine the token alone gives no scopes and approves no device", async () => {
  await using gateway = await startGateway();
  const elsewhere = { "X-Forwarded-For": "192.0.2.1" };
  const { auth } = await gateway.client(elsewhere).connect(withToken);
  assert.deepEqual(auth.scopes, []);

  const device = newDevice();
  const signIn = async (client: TestClient, scopes: string[]) => {
    const params = connectParams({ client: CLI, ...withToken, scopes });
    return client.ask("connect", { ...params, device: proofOf(device, params, await client.challenge()) });
  };
  const isRefused = async (scopes: string[]) => {
    const answer = await signIn(gateway.client(elsewhere), scopes);
    return !answer.ok && answer.error.details?.["code"] === "PAIRING_REQUIRED";
  };
  assert.ok(await isRefused(["operator.read"]));
  assert.ok((await signIn(gateway.client(), ["operator.read"])).ok, "approved here");
  assert.ok(!(await isRefused(["operator.read"])), "and then from there");
  assert.ok(await isRefused(["operator.read", "operator.admin"]), "but for no more than that");
});

test("a device may sign the older payload, version 2", async () => {
  await using gateway = await startGateway();
  const client = gateway.client();
  const params = connectParams({ client: CLI, ...withToken });
  const device = proofOf(newDevice(), params, await client.challenge(), { version: "v2" });
  assert.ok((await client.ask("connect", { ...params, device })).ok);
});

test("a device token that was stolen is worth nothing without the device's key", async () => {
  await using gateway = await startGateway();
  const { hello } = await gateway.joinWith(newDevice());
  const { deviceToken } = hello.auth;
  assert.ok(deviceToken);
  const { error } = await refused(gateway.client(), connectParams({ auth: { token: deviceToken } }));
  assert.equal(error.details?.["code"], "AUTH_TOKEN_MISMATCH");
});

test("the page's cookie opens the socket from the gateway's own origin, and from no other", async () => {
  await using gateway = await startGateway();
  const { ticket } = gateway.gateway.mintAddress();
  const signedIn = await fetch(`${gateway.http}/auth/ticket`, {
    method: "POST",
    body: JSON.stringify({ ticket }),
  });
  const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const page = connectParams({ client: WEBCHAT });

  const own = gateway.client({ Origin: gateway.http, Cookie: cookie });
  await own.challenge();
  assert.ok((await own.ask("connect", page)).ok);

  const foreign = await refused(
    gateway.client({ Origin: "http://localhost.evil.example", Cookie: cookie }),
    page,
  );
  assert.equal(foreign.error.details?.["code"], "CONTROL_UI_ORIGIN_NOT_ALLOWED");
  const noBrowser = await refused(gateway.client({ Cookie: cookie }), connectParams());
  assert.equal(noBrowser.error.details?.["code"], "DEVICE_IDENTITY_REQUIRED");
});

test("guessing the token is slowed down, also for a right guess, but not for who is known", async () => {
  await using gateway = await startGateway({ limits: { authFailuresPerMinute: 3 } });
  const device = newDevice();
  const { deviceToken } = (await gateway.joinWith(device)).hello.auth;
  for (let guess = 0; guess < 3; guess++) {
    const { error } = await refused(gateway.client(), connectParams({ auth: { token: `guess ${guess}` } }));
    assert.equal(error.details?.["code"], "AUTH_TOKEN_MISMATCH");
  }
  const { error } = await refused(gateway.client(), connectParams(withToken));
  assert.equal(error.details?.["code"], "AUTH_RATE_LIMITED");
  assert.ok(error.retryAfterMs !== undefined && error.retryAfterMs > 50_000);
  assert.ok(deviceToken);
  await gateway.joinWith(device, { auth: { deviceToken } });
});

test("another first frame than connect is refused; no JSON and silence are closed without a word", async () => {
  await using gateway = await startGateway({ limits: { handshakeTimeoutMs: 300 } });
  const early = gateway.client();
  await early.challenge();
  const answer = await early.ask("health");
  assert.ok(!answer.ok);
  assert.equal(answer.error.message, "invalid handshake: first request must be connect");
  assert.equal((await early.closed()).code, 1008);

  const garbage = gateway.client();
  await garbage.challenge();
  garbage.sendText("garbage");
  assert.deepEqual(await garbage.closed(), { code: 1000, reason: "" });
  assert.equal(garbage.frames.length, 1);

  const silent = gateway.client();
  assert.deepEqual(await silent.closed(), { code: 1000, reason: "" });
});

test("a frame over 64 KiB before hello is closed with 1009", async () => {
  await using gateway = await startGateway();
  const client = gateway.client();
  await client.challenge();
  client.sendText(
    JSON.stringify({ type: "req", id: "1", method: "connect", params: { pad: "x".repeat(70_000) } }),
  );
  assert.equal((await client.closed()).code, 1009);
});

test("requests that follow connect without waiting for hello are answered after it, in order", async () => {
  await using gateway = await startGateway();
  const client = gateway.client();
  await client.challenge();
  client.sendText(
    JSON.stringify({ type: "req", id: "hello", method: "connect", params: connectParams(withToken) }),
  );
  for (const id of ["a", "b"]) client.sendText(JSON.stringify({ type: "req", id, method: "no.such.method" }));
  await client.frame((frame): frame is typeof frame => frame.type === "res" && frame.id === "b");
  assert.deepEqual(
    client.frames.map((frame) => (frame.type === "res" ? frame.id : frame.event)),
    ["connect.challenge", "hello", "a", "b"],
  );
});

test("hello-ok names exactly the methods that the gateway answers", async () => {
  await using gateway = await startGateway();
  const client = gateway.client();
  const { features, policy } = await client.connect(withToken);
  for (const method of features.methods) {
    const answer = await client.ask(method, { nonsense: true });
    assert.ok(!answer.ok);
    assert.match(answer.error.message, /unexpected property 'nonsense'|session mutation target/, method);
  }
  assert.equal(policy.maxPayload, 26_214_400);
  assert.equal(policy.tickIntervalMs, 15_000);
});

test("no secret is logged by a handshake that fails or succeeds", async () => {
  await using gateway = await startGateway();
  await gateway.join();
  await refused(gateway.client(), connectParams({ auth: { token: "a-wrong-secret" } }));
  await (await gateway.join()).ask("plugins.install", { source: "x" });
  assert.ok(gateway.logged.length > 0, "nothing was logged, so nothing was shown");
  assert.doesNotMatch(gateway.logged.join("\n"), new RegExp(`${TOKEN}|a-wrong-secret`));
});

test("a page from elsewhere gets a few sockets, each with its refusal, and takes none from others", async () => {
  await using gateway = await startGateway({ limits: { maxForeignConnections: 2, maxConnections: 8 } });
  const strangers = Array.from({ length: 8 }, () => gateway.client({ origin: "https://evil.example" }));
  const opened = await Promise.all(
    strangers.map((client) =>
      client.challenge().then(
        () => true,
        () => false,
      ),
    ),
  );
  assert.equal(opened.filter(Boolean).length, 2);
  const owner = await gateway.join();
  assert.ok((await owner.ask("health")).ok);
  await strangers[opened.indexOf(true)]?.close();
  const next = gateway.client({ origin: "https://evil.example" });
  assert.ok(await next.challenge());
});

test("sockets that have not said hello are few, and leave room for those that have", async () => {
  await using gateway = await startGateway({ limits: { maxWaitingConnections: 2, maxConnections: 8 } });
  const owner = await gateway.join();
  const strangers = Array.from({ length: 6 }, () => gateway.client());
  const opened = await Promise.all(
    strangers.map((client) =>
      client.challenge().then(
        () => true,
        () => false,
      ),
    ),
  );
  assert.equal(opened.filter(Boolean).length, 2);
  assert.ok((await owner.ask("health")).ok);
  await strangers[opened.indexOf(true)]?.close();
  assert.ok((await (await gateway.join()).ask("health")).ok);
});
