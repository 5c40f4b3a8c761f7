import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { test } from "node:test";
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import type { EffectReply } from "#host/base/effect.ts";
import { freePort, listen, toLoopback, type Counterpart } from "./counterpart.fixture.ts";
import {
  bytes,
  createWorld,
  expectFailure,
  expectOk,
  get,
  nextAsk,
  textOf,
  type World,
  type WorldOptions,
} from "./world.fixture.ts";

/** A server known as `a.localhost` and `b.localhost`, both granted, and a broker. */
async function setUp(handler: RequestListener, options: WorldOptions = {}) {
  const server = await listen(handler);
  const domains = [`a.localhost:${server.port}`, `b.localhost:${server.port}`];
  const world = createWorld({ rights: { domains }, resolve: toLoopback, ...options });
  return {
    server,
    world,
    a: (path = "/") => server.url("a.localhost", path),
    b: (path = "/") => server.url("b.localhost", path),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

function post(url: string, headers: [string, string][] = []) {
  return get(url, { method: "POST", hasBody: true, headers });
}

async function brokenBody(reply: EffectReply): Promise<{ code: string; message: string }> {
  assert.ok(reply.ok, "the head came");
  try {
    await textOf(reply.body);
  } catch (thrown) {
    return (thrown as { failure: { code: string; message: string } }).failure;
  }
  throw new Error("the body was complete");
}

/** Resolves when the socket is closed, whether cleanly or cut. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  return textOf(request);
}

test("an exchange gives status, headers, final address and body", async () => {
  await using given = await setUp((_request, response) => {
    response.writeHead(201, "Made", { "x-one": "1", "set-cookie": ["a=1", "b=2"], connection: "close" });
    response.end("hello");
  });
  const { head, text } = await expectOk(await given.world.perform(get(given.a("/x?y=1"))));
  assert.equal(text, "hello");
  assert.deepEqual([head["status"], head["statusText"], head["url"]], [201, "Made", given.a("/x?y=1")]);
  const headers = head["headers"] as [string, string][];
  assert.deepEqual(headers.filter(([name]) => name === "set-cookie" || name === "x-one").sort(), [
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
    ["x-one", "1"],
  ]);
  assert.ok(!headers.some(([name]) => name === "connection" || name === "transfer-encoding"));
});

test("headers that steer the connection are the host's own", async () => {
  await using given = await setUp((request, response) => response.end(JSON.stringify(request.headers)));
  const headers: [string, string][] = [
    ["Host", "evil.org"],
    ["Proxy-Authorization", "Basic eDp5"],
    ["Connection", "x-hop"],
    ["X-Hop", "1"],
    ["Transfer-Encoding", "chunked"],
    ["Upgrade", "websocket"],
    ["Authorization", "Bearer mine"],
    ["X-Twice", "1"],
    ["X-Twice", "2"],
  ];
  const { text } = await expectOk(await given.world.perform(get(given.a(), { headers })));
  const arrived = JSON.parse(text) as Record<string, string>;
  assert.equal(arrived["host"], `a.localhost:${given.server.port}`);
  assert.equal(arrived["authorization"], "Bearer mine");
  assert.equal(arrived["x-twice"], "1, 2");
  for (const name of ["proxy-authorization", "x-hop", "transfer-encoding", "upgrade"]) {
    assert.equal(arrived[name], undefined, name);
  }
});

test("a request's body is streamed as it is", async () => {
  await using given = await setUp(async (request, response) => response.end(await bodyOf(request)));
  const reply = await given.world.perform(post(given.a()), { body: bytes("one ", "two ", "three") });
  assert.equal((await expectOk(reply)).text, "one two three");
});

test("what is no request is refused before anything leaves", async () => {
  await using given = await setUp((_request, response) => response.end());
  const bad = [
    get(given.a(), { method: "CONNECT" }),
    get(given.a(), { method: "TRACE" }),
    get(given.a(), { method: "GET /evil HTTP/1.1\r\nX: y\r\n\r\n" }),
    get(given.a(), { hasBody: true }),
    get(given.a(), { headers: [["x", "a\r\nb: c"]] }),
    get(given.a(), { headers: [["x y", "z"]] }),
  ];
  for (const request of bad) {
    assert.equal(expectFailure(await given.world.perform(request)).code, "invalid", JSON.stringify(request));
  }
  const large = get(given.a(), { headers: [["x", "a".repeat(70_000)]] });
  assert.equal(expectFailure(await given.world.perform(large)).code, "too-large");
  assert.deepEqual(given.server.seen, []);
});

const redirect = (response: ServerResponse, status: number, location: string) =>
  void response.writeHead(status, { location }).end("moved");

test("a redirect is followed, and the reply tells where it ended", async () => {
  await using given = await setUp((request, response) =>
    request.url === "/" ? redirect(response, 302, "/next?x#frag") : response.end("here"),
  );
  const { head, text } = await expectOk(await given.world.perform(get(given.a())));
  assert.deepEqual([head["url"], text], [given.a("/next?x#frag"), "here"]);
});

test("every hop is decided: a redirect to what is not granted goes nowhere", async () => {
  const targets = [
    "http://evil.org/",
    "http://169.254.169.254/latest",
    "http://10.0.0.1/",
    "file:///etc/passwd",
  ];
  for (const target of [...targets, "own"]) {
    await using given = await setUp((_request, response) =>
      redirect(response, 302, target === "own" ? `http://127.0.0.1:${given.server.port}/x` : target),
    );
    const failure = expectFailure(await given.world.perform(get(given.a())));
    assert.equal(failure.code, "denied", target);
    assert.equal(given.server.seen.length, 1, target);
    await given.world.broker.close();
    assert.deepEqual(
      given.world.records.map(({ decision }) => decision),
      ["allowed", "denied"],
    );
  }
});

test("a hop to a host that must be asked for asks, and says where it came from", async () => {
  await using given = await setUp((_request, response) => redirect(response, 302, "https://example.org/in"));
  const domains = [`a.localhost:${given.server.port}`, "ask"];
  await using world = createWorld({ rights: { domains }, resolve: toLoopback });
  const shown = nextAsk(world.broker);
  const reply = world.perform(get(given.a("/start")));
  const approval = await shown;
  assert.deepEqual(approval.lines, [
    "GET https://example.org/in",
    `after a redirect from ${given.a("/start")}`,
  ]);
  await world.broker.asks.resolve(approval.id, "deny");
  assert.equal(expectFailure(await reply).code, "denied");
});

test("credentials stay with the origin that they were meant for", async () => {
  await using given = await setUp((request, response) => {
    if (request.url === "/same") return redirect(response, 302, "/end");
    if (request.url === "/other") return redirect(response, 302, given.b("/end"));
    response.end(
      `${request.headers.authorization ?? "-"} ${request.headers.cookie ?? "-"} ${request.headers["x-k"]}`,
    );
  });
  const headers: [string, string][] = [
    ["Authorization", "Bearer t"],
    ["Cookie", "c=1"],
    ["X-K", "k"],
  ];
  const ask = async (path: string) =>
    (await expectOk(await given.world.perform(get(given.a(path), { headers })))).text;
  assert.equal(await ask("/same"), "Bearer t c=1 k");
  assert.equal(await ask("/other"), "- - k");
});

test("a redirect keeps or changes the method as fetch does", async () => {
  await using given = await setUp(async (request, response) => {
    const status = Number(request.url?.slice(1));
    const body = await bodyOf(request);
    if (status > 0) return redirect(response, status, "/end");
    response.end(`${request.method} ${request.headers["content-type"] ?? "-"} ${body}`);
  });
  const expected: [number, string][] = [
    [301, "GET - "],
    [302, "GET - "],
    [303, "GET - "],
    [307, "POST text/plain body"],
    [308, "POST text/plain body"],
  ];
  for (const [status, result] of expected) {
    const request = post(given.a(`/${status}`), [["content-type", "text/plain"]]);
    const reply = await given.world.perform(request, { body: bytes("body") });
    assert.equal((await expectOk(reply)).text, result, String(status));
  }
});

test("a small body follows a redirect that is answered before it was read", async () => {
  await using given = await setUp(async (request, response) => {
    if (request.url === "/end") return void response.end(await bodyOf(request));
    redirect(response, request.url === "/307" ? 307 : 308, "/end");
  });
  for (const path of ["/307", "/308"]) {
    const { promise: answered, resolve: go } = Promise.withResolvers<void>();
    let closed = 0;
    const slow = async function* () {
      try {
        yield Buffer.from("one ");
        await answered;
        yield Buffer.from("two ");
        yield Buffer.from("three");
      } finally {
        closed += 1;
      }
    };
    const sent = given.world.perform(post(given.a(path)), { body: slow() });
    while (!given.server.seen.at(-1)?.endsWith("/end"))
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(closed, 0, "the source is not let go for the first hop's sake");
    go();
    assert.equal((await expectOk(await sent)).text, "one two three", path);
    assert.equal(closed, 1);
  }
});

test("a body that breaks off between two hops fails, and is not taken for whole", async () => {
  await using given = await setUp(async (request, response) => {
    if (request.url !== "/end") return redirect(response, 307, "/end");
    response.end(await bodyOf(request).catch(() => "cut"));
  });
  const broken = async function* () {
    yield Buffer.from("one ");
    while (!given.server.seen.at(-1)?.endsWith("/end"))
      await new Promise((resolve) => setTimeout(resolve, 5));
    throw new Error("the plugin's stream broke off");
  };
  assert.match(
    expectFailure(await given.world.perform(post(given.a()), { body: broken() })).message,
    /Cannot reach/,
  );
});

test("the source of a body is let go when its redirect leads to a GET, and when the redirect is refused", async () => {
  await using given = await setUp((request, response) =>
    request.url === "/end" ? void response.end("end") : redirect(response, 303, "/end"),
  );
  for (const redirectMode of ["follow", "error"] as const) {
    const { promise: letGo, resolve } = Promise.withResolvers<void>();
    let asked = 0;
    const silentAfterOne: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          asked++ === 0 ? Promise.resolve({ done: false, value: Buffer.from("one") }) : new Promise(() => {}),
        return: () => Promise.resolve(resolve()).then(() => ({ done: true, value: undefined })),
      }),
    };
    const request = get(given.a(), { method: "POST", hasBody: true, redirect: redirectMode });
    const reply = await given.world.perform(request, { body: silentAfterOne });
    assert.equal(reply.ok, redirectMode === "follow");
    if (reply.ok) await textOf(reply.body);
    await letGo;
  }
});

test("a body too large to keep is not sent twice", async () => {
  await using given = await setUp(async (request, response) => {
    await bodyOf(request);
    redirect(response, 307, "/end");
  });
  const reply = await given.world.perform(post(given.a()), { body: bytes(Buffer.alloc(300_000)) });
  assert.match(expectFailure(reply).message, /too large to send twice/);
});

test("redirects without end are cut, and modes are kept", async () => {
  await using given = await setUp((_request, response) => redirect(response, 302, "/again"));
  assert.match(expectFailure(await given.world.perform(get(given.a()))).message, /redirects without end/);
  assert.equal(given.server.seen.length, 11);
  const manual = await expectOk(await given.world.perform(get(given.a(), { redirect: "manual" })));
  assert.deepEqual([manual.head["status"], manual.text], [302, "moved"]);
  assert.match(
    expectFailure(await given.world.perform(get(given.a(), { redirect: "error" }))).message,
    /are refused/,
  );
});

test("a public name that resolves into a private network is refused, wherever it stands in the answer", async () => {
  await using server = await listen((_request, response) => response.end("secret"));
  for (const address of ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "0.0.0.0"]) {
    const family = address.includes(":") ? 6 : 4;
    await using world = createWorld({
      rights: { domains: [`rebind.example.org:${server.port}`] },
      resolve: async () => [{ address, family }],
    });
    const failure = expectFailure(await world.perform(get(server.url("rebind.example.org"))));
    assert.equal(failure.code, "denied", address);
    assert.match(failure.message, /"rebind.example.org": it resolves into a \w/);
    assert.ok(!failure.message.includes(address));
  }
  assert.deepEqual(server.seen, []);
});

test("a local name reaches this machine but never metadata or link-local addresses", async () => {
  for (const address of ["169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1"]) {
    await using world = createWorld({
      rights: { domains: ["box.local:80"] },
      resolve: async () => [{ address, family: address.includes(":") ? 6 : 4 }],
    });
    assert.equal(expectFailure(await world.perform(get("http://box.local/"))).code, "denied", address);
  }
});

test("the connection goes to the address that was checked: a name is resolved once for it", async () => {
  await using server = await listen((_request, response) => response.end("checked"));
  let lookups = 0;
  await using world = createWorld({
    rights: { domains: [`a.localhost:${server.port}`] },
    resolve: async () => {
      lookups += 1;
      return [{ address: lookups === 1 ? "127.0.0.1" : "169.254.169.254", family: 4 }];
    },
  });
  assert.equal((await expectOk(await world.perform(get(server.url("a.localhost"))))).text, "checked");
  assert.equal(lookups, 1);
});

test("a granted address is reached without a lookup", async () => {
  await using server = await listen((_request, response) => response.end("literal"));
  await using world = createWorld({
    rights: { domains: [`127.0.0.1:${server.port}`] },
    resolve: () => Promise.reject(new Error("nothing to look up")),
  });
  assert.equal((await expectOk(await world.perform(get(server.url("127.0.0.1"))))).text, "literal");
});

test("every coding that fetch knows is decompressed", async () => {
  const plain = "plain ".repeat(1_000);
  const codings: Record<string, (text: string) => Buffer> = {
    gzip: gzipSync,
    deflate: deflateSync,
    br: brotliCompressSync,
    zstd: zstdCompressSync,
    " Deflate": deflateRawSync,
    "gzip, br": (text) => brotliCompressSync(gzipSync(text)),
    identity: (text) => Buffer.from(text),
  };
  for (const [coding, compress] of Object.entries(codings)) {
    await using given = await setUp((_request, response) => {
      response.writeHead(200, { "content-encoding": coding }).end(compress(plain));
    });
    assert.equal((await expectOk(await given.world.perform(get(given.a())))).text, plain, coding);
  }
  await using raw = await setUp((_request, response) => {
    response.writeHead(200, { "content-encoding": "gzip" }).end("not gzip at all");
  });
  const failure = await brokenBody(await raw.world.perform(get(raw.a())));
  assert.match(failure.message, /not compressed as it says/);
});

test("a decompression bomb is cut at the cap on what comes out", async () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024);
  for (const [coding, bomb] of [
    ["gzip", gzipSync(zeros)],
    ["br", brotliCompressSync(zeros)],
    ["zstd", zstdCompressSync(zeros)],
  ] as const) {
    await using given = await setUp(
      (_request, response) => void response.writeHead(200, { "content-encoding": coding }).end(bomb),
      { limits: { maxResponseBytes: 1_000_000 } },
    );
    assert.equal((await brokenBody(await given.world.perform(get(given.a())))).code, "too-large", coding);
  }
});

test("an answer that wants a large window to be decompressed in is refused", async () => {
  const text = Buffer.alloc(9 * 1024 * 1024, "some text. ");
  const compressed = (windowLog: number) =>
    zstdCompressSync(text, {
      params: { [constants.ZSTD_c_windowLog]: windowLog, [constants.ZSTD_c_contentSizeFlag]: 0 },
    });
  const answers = new Map([
    ["/small", compressed(23)],
    ["/large", compressed(27)],
  ]);
  await using given = await setUp((request, response) => {
    response.writeHead(200, { "content-encoding": "zstd" }).end(answers.get(request.url ?? ""));
  });
  assert.equal((await expectOk(await given.world.perform(get(given.a("/small"))))).text.length, text.length);
  const failure = await brokenBody(await given.world.perform(get(given.a("/large"))));
  assert.match(failure.message, /not compressed as it says/);
});

test("an endless stream of compressed nothing is cut at the cap on what comes in", async () => {
  const nothing = Buffer.concat(Array.from({ length: 500 }, () => gzipSync("")));
  await using given = await setUp(
    (_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      const more = () => {
        while (!response.destroyed && response.write(nothing));
      };
      response.on("drain", more);
      more();
    },
    { limits: { maxResponseBytes: 100_000 } },
  );
  assert.equal((await brokenBody(await given.world.perform(get(given.a())))).code, "too-large");
});

test("the plugin's own limit on bytes cuts an answer too", async () => {
  await using server = await listen((_request, response) => response.end("0123456789"));
  const rights = { domains: [`a.localhost:${server.port}`], limits: { bytes: 5 } };
  await using world = createWorld({ rights, resolve: toLoopback });
  assert.equal((await brokenBody(await world.perform(get(server.url("a.localhost"))))).code, "too-large");
});

test("an answer that falls silent is a timeout, before and in its body", async () => {
  await using given = await setUp(
    (request, response) => {
      if (request.url === "/body") response.write("first");
    },
    { limits: { idleTimeoutMs: 100 } },
  );
  assert.equal(expectFailure(await given.world.perform(get(given.a("/head")))).code, "timeout");
  assert.equal((await brokenBody(await given.world.perform(get(given.a("/body"))))).code, "timeout");
});

test("an abort reaches the socket, before the answer and in the middle of it", async () => {
  for (const path of ["/head", "/body"]) {
    await using server = await listen((_request, response) => void (path === "/body" && response.write("x")));
    await using world = createWorld({
      rights: { domains: [`a.localhost:${server.port}`] },
      resolve: toLoopback,
    });
    const controller = new AbortController();
    const arrived = once(server.server, "request") as Promise<[IncomingMessage]>;
    const reply = world.perform(get(server.url("a.localhost", path)), { signal: controller.signal });
    const [request] = await arrived;
    const closed = closing(request.socket);
    if (path === "/body") {
      const answer = await reply;
      assert.ok(answer.ok && answer.body !== null);
      const reading = textOf(answer.body);
      controller.abort();
      await assert.rejects(reading, { code: "aborted" });
    } else {
      controller.abort();
      assert.equal(expectFailure(await reply).code, "aborted");
    }
    await closed;
  }
});

test("a reader that stops takes the connection with it", async () => {
  await using server = await listen((_request, response) => void response.write("x"));
  await using world = createWorld({
    rights: { domains: [`a.localhost:${server.port}`] },
    resolve: toLoopback,
  });
  const arrived = once(server.server, "request") as Promise<[IncomingMessage]>;
  const reply = await world.perform(get(server.url("a.localhost")));
  const closed = closing((await arrived)[0].socket);
  assert.ok(reply.ok && reply.body !== null);
  for await (const _chunk of reply.body) break;
  await closed;
});

test("a slow reader slows the server down", async () => {
  let sent = 0;
  let quiet: NodeJS.Timeout | undefined;
  const chunk = Buffer.alloc(64 * 1024);
  const { promise: full, resolve: isFull } = Promise.withResolvers<void>();
  await using given = await setUp((_request, response) => {
    const more = () => {
      while (!response.destroyed) {
        sent += chunk.length;
        if (!response.write(chunk)) break;
      }
      // Nothing tells when the buffers on the way are full: a while without a drain has to do.
      clearTimeout(quiet);
      quiet = setTimeout(isFull, 200);
    };
    response.on("drain", more);
    more();
  });
  const reply = await given.world.perform(get(given.a()));
  assert.ok(reply.ok && reply.body !== null);
  await full;
  assert.ok(sent < 16 * 1024 * 1024, `${sent} bytes were taken in`);
  for await (const _chunk of reply.body) break;
});

test("an answer with too many headers is refused", async () => {
  await using given = await setUp(
    (_request, response) => response.writeHead(200, { "x-large": "a".repeat(9_000) }).end(),
    { limits: { maxHeaderBytes: 4_000 } },
  );
  assert.equal(expectFailure(await given.world.perform(get(given.a()))).code, "too-large");
});

test("HEAD and 204 have no body, and the connection serves the next request", async () => {
  await using given = await setUp((request, response) => {
    if (request.url === "/none") response.writeHead(204).end();
    else response.writeHead(200, { "content-length": "5" }).end("hello");
  });
  const head = await given.world.perform(get(given.a(), { method: "HEAD" }));
  const none = await given.world.perform(get(given.a("/none")));
  assert.ok(head.ok && head.body === null && none.ok && none.body === null);
  assert.equal((await expectOk(await given.world.perform(get(given.a())))).text, "hello");
});

test("a dead server and a cut connection are network failures in plain words", async () => {
  const port = await freePort();
  await using world = createWorld({ rights: { domains: [`127.0.0.1:${port}`] } });
  const failure = expectFailure(await world.perform(get(`http://127.0.0.1:${port}/`)));
  assert.deepEqual(failure, {
    code: "network",
    message: `Cannot reach "127.0.0.1:${port}": it refuses the connection`,
  });
  await using cut = await setUp((request) => void request.socket.destroy());
  assert.match(expectFailure(await cut.world.perform(get(cut.a()))).message, /the connection was cut/);
});

test("what changes something is on record before it is done, or it is not done", async () => {
  await using given = await setUp(async (request, response) => {
    await bodyOf(request);
    response.end(String(given.world.records.length));
  });
  const done = await given.world.perform(post(given.a()), { body: bytes("x") });
  assert.equal((await expectOk(done)).text, "1");
  assert.deepEqual(outcomes(given.world), ["allowed not-done"]);
  given.world.sinkFails = true;
  const refused = expectFailure(await given.world.perform(post(given.a("/second")), { body: bytes("x") }));
  assert.match(refused.message, /could not be put on record/);
  assert.equal(given.server.seen.length, 1);
  assert.ok((await given.world.perform(get(given.a("/third")))).ok, "reading goes on while records can wait");
  given.world.sinkFails = false;
  await given.world.broker.close();
  assert.deepEqual(outcomes(given.world), [
    "allowed not-done",
    "allowed done",
    "allowed not-done",
    "allowed done",
  ]);
});

test("once too many records wait for a failing store, nothing more is done", async () => {
  await using given = await setUp((_request, response) => void response.end(), {
    limits: { waitingAuditRecords: 2 },
  });
  given.world.sinkFails = true;
  for (const path of ["/1", "/2"]) assert.ok((await given.world.perform(get(given.a(path)))).ok);
  assert.match(
    expectFailure(await given.world.perform(get(given.a("/3")))).message,
    /audit cannot be written/,
  );
  assert.equal(given.server.seen.length, 2);
});

test("the audit holds no query, no header value and no body", async () => {
  await using given = await setUp(async (request, response) => {
    await bodyOf(request);
    response.end("answer-s3cret");
  });
  const request = post(given.a("/path?token=query-s3cret"), [["authorization", "header-s3cret"]]);
  await expectOk(await given.world.perform(request, { body: bytes("body-s3cret") }));
  await given.world.broker.close();
  assert.equal(given.world.records[0]?.target, `a.localhost:${given.server.port}/path`);
  assert.ok(!JSON.stringify([given.world.records, given.world.logged]).includes("s3cret"));
});

test("a closed broker does nothing", async () => {
  await using given = await setUp((_request, response) => response.end());
  await given.world.broker.close();
  assert.equal(expectFailure(await given.world.perform(get(given.a()))).code, "aborted");
  assert.deepEqual(given.server.seen, []);
});

test("forgetting a plugin cuts its connections and no other's", async () => {
  await using server: Counterpart = await listen((_request, response) => void response.write("x"));
  await using world = createWorld({
    rights: { domains: [`a.localhost:${server.port}`] },
    resolve: toLoopback,
  });
  const mine = await world.perform(get(server.url("a.localhost")));
  const theirs = await world.perform(get(server.url("a.localhost")), { identity: { plugin: "stranger" } });
  await world.broker.forget("fetcher");
  assert.equal((await brokenBody(mine)).code, "network");
  assert.ok(theirs.ok && theirs.body !== null);
  for await (const chunk of theirs.body) {
    assert.equal(Buffer.from(chunk).toString(), "x");
    break;
  }
});

function outcomes(world: World): string[] {
  return world.records.map(({ decision, outcome }) => `${decision} ${outcome}`);
}
