import assert from "node:assert/strict";
import { test } from "node:test";
import { type LinkEvents, RequestError, type Socket, createLink } from "./link.ts";

/** A socket whose other end is the test. */
class FakeSocket implements Socket {
  readonly sent: { id: string; method: string; params: Record<string, unknown> }[] = [];
  closedWith: number | undefined;
  readonly #listeners: { type: string; listener: (event: never) => void }[] = [];

  send(text: string): void {
    this.sent.push(JSON.parse(text) as FakeSocket["sent"][number]);
  }
  close(code?: number): void {
    this.closedWith = code;
  }
  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.push({ type, listener });
  }
  tell(frame: object): void {
    this.#emit("message", { data: JSON.stringify(frame) });
  }
  drop(reason = ""): void {
    this.#emit("close", { reason });
  }
  challenge(): void {
    this.tell({ type: "event", event: "connect.challenge", payload: { nonce: "n", ts: 1 } });
  }
  /** Answers the newest request. */
  async answer(body: object): Promise<void> {
    this.tell({ type: "res", id: this.sent.at(-1)?.id, ...body });
    await new Promise((resolve) => setImmediate(resolve));
  }
  async hello(tickIntervalMs = 15_000): Promise<void> {
    this.challenge();
    const payload = { server: { version: "1" }, policy: { tickIntervalMs } };
    await this.answer({ ok: true, payload });
  }
  #emit(type: string, event: object): void {
    for (const entry of this.#listeners) if (entry.type === type) entry.listener(event as never);
  }
}

function rig(more: Partial<LinkEvents> = {}) {
  const sockets: FakeSocket[] = [];
  const seen: string[] = [];
  const waits: number[] = [];
  const link = createLink({
    open() {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    version: "1",
    random: () => 1,
    events: {
      onConnecting: () => seen.push("connecting"),
      onOpen: (hello) => seen.push(`open ${hello.server.version}`),
      onEvent: (event) => seen.push(event),
      onLost: (reason, waitMs) => {
        seen.push(`lost ${reason}`);
        waits.push(waitMs);
      },
      onRefused: (error) => seen.push(`refused ${String(error.details?.["code"])}`),
      ...more,
    },
  });
  const newest = (): FakeSocket => {
    const socket = sockets.at(-1);
    assert.ok(socket, "a socket was opened");
    return socket;
  };
  return { link, sockets, seen, waits, newest };
}

test("the page says nothing before the challenge, then connects as WebChat without a token", async () => {
  const { link, newest, seen } = rig();
  link.start();
  assert.deepEqual(newest().sent, []);
  await newest().hello();
  const [connect] = newest().sent;
  assert.equal(connect?.method, "connect");
  assert.deepEqual(connect?.params["client"], {
    id: "webchat-ui",
    mode: "webchat",
    platform: "web",
    version: "1",
  });
  assert.equal("auth" in (connect?.params ?? {}), false);
  assert.deepEqual(seen, ["connecting", "open 1"]);
  link.stop();
});

test("a request settles with its answer or its error, each under its own id", async () => {
  const { link, newest } = rig();
  link.start();
  await newest().hello();
  const first = link.request<{ a: number }>("one");
  await newest().answer({ ok: true, payload: { a: 1 } });
  assert.deepEqual(await first, { a: 1 });
  const second = link.request("two");
  const refused = assert.rejects(second, (thrown: unknown) => {
    return thrown instanceof RequestError && thrown.fix === "Do this";
  });
  const error = { code: "INVALID_REQUEST", message: "no", details: { fix: "Do this" } };
  await newest().answer({ ok: false, error });
  await refused;
  link.stop();
});

test("a lost line settles every open request and is tried again after growing waits", async () => {
  const { link, newest, seen, waits, sockets } = rig();
  link.start();
  await newest().hello();
  const open = link.request("chat.send");
  newest().drop("service restart");
  await assert.rejects(open, /lost/);
  assert.deepEqual(seen.at(-1), "lost service restart");
  for (let tries = 0; tries < 7; tries++) {
    link.retryNow();
    newest().drop();
  }
  assert.equal(sockets.length, 8);
  assert.deepEqual(waits, [400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000]);
  link.stop();
});

test("a successful handshake makes the next wait short again", async () => {
  const { link, newest, waits } = rig();
  link.start();
  newest().drop();
  link.retryNow();
  await newest().hello();
  newest().drop();
  assert.deepEqual(waits, [400, 400]);
  link.stop();
});

test("a refusal ends the tries: only a person can mend it", async () => {
  const { link, newest, seen, sockets } = rig();
  link.start();
  newest().challenge();
  const details = { code: "DEVICE_IDENTITY_REQUIRED" };
  await newest().answer({ ok: false, error: { code: "NOT_PAIRED", message: "no", details } });
  newest().drop();
  link.retryNow();
  assert.equal(sockets.length, 1);
  assert.deepEqual(seen, ["connecting", "refused DEVICE_IDENTITY_REQUIRED"]);
  link.start();
  assert.equal(sockets.length, 2, "after signing in it starts anew");
  link.stop();
});

test("a line that carries no tick is given up with code 4000", async () => {
  const lost = Promise.withResolvers<string>();
  const { link, newest } = rig({ onLost: (reason) => lost.resolve(reason) });
  link.start();
  await newest().hello(4);
  assert.equal(await lost.promise, "The gateway went silent");
  assert.equal(newest().closedWith, 4000);
  link.stop();
});

test("what a line that was given up still says is not heard", async () => {
  const { link, sockets, seen } = rig();
  link.start();
  const [old] = sockets;
  old?.drop();
  link.retryNow();
  old?.tell({ type: "event", event: "chat", payload: {} });
  assert.equal(seen.includes("chat"), false);
  link.stop();
});
