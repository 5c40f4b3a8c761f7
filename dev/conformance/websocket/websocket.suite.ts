/** WebSockets standard, section 3, against a real server. */
import { is, ok, same, throws, throwsDom, untyped } from "../assertions.ts";
import { surroundings, test } from "../harness.ts";

const at = (query = "") => `${surroundings().server.replace("http", "ws")}/socket${query}`;
const next = <Kind extends Event>(socket: WebSocket, type: string): Promise<Kind> =>
  new Promise((resolve) => socket.addEventListener(type, resolve as never, { once: true }));
async function open(query = "", protocols: string | string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(at(query), protocols);
  await next(socket, "open");
  return socket;
}

test("the address is parsed; what is no socket's is a SyntaxError", () => {
  for (const url of ["nonsense", "ftp://a.example", "mailto:a", "ws://a.example/#hash", "ws://"]) {
    throwsDom("SyntaxError", () => new WebSocket(url));
  }
  throws(TypeError, () => Reflect.construct(WebSocket, []));
});

test("http addresses become ws", () => {
  const socket = new WebSocket(surroundings().server);
  is(socket.url, `${surroundings().server.replace("http", "ws")}/`);
  socket.close();
});

test("protocols are tokens, each once", () => {
  for (const protocols of ["", "a b", "\u00e9", ["a", "a"], ["a", "b,c"], "a\n"]) {
    throwsDom("SyntaxError", () => new WebSocket(at(), protocols));
  }
});

test("a socket starts by connecting, with its defaults", async () => {
  const socket = new WebSocket(at());
  same(
    [socket.readyState, socket.bufferedAmount, socket.protocol, socket.extensions, socket.binaryType],
    [0, 0, "", "", "blob"],
  );
  same(
    [socket.url, socket.onopen, socket.onmessage, socket.onerror, socket.onclose],
    [at(), null, null, null, null],
  );
  throwsDom("InvalidStateError", () => socket.send("early"));
  await next(socket, "open");
  same([socket.readyState, WebSocket.OPEN, socket.CLOSED], [1, 1, 3]);
  socket.close();
});

test("the server chooses the protocol", async () => {
  const socket = await open("", ["other", "chosen"]);
  is(socket.protocol, "chosen");
  socket.close();
});

test("texts, bytes, views and Blobs are sent and come back", async () => {
  const socket = await open();
  socket.binaryType = "arraybuffer";
  const echo = async (data: unknown) => {
    const heard = next<MessageEvent>(socket, "message");
    socket.send(untyped(data));
    return (await heard).data as unknown;
  };
  is(await echo("a\u00e9\u{1f600}"), "a\u00e9\u{1f600}");
  is(await echo(""), "");
  is(await echo("\ud800"), "\ufffd");
  is(await echo(null), "null");
  same(await echo(new Uint8Array([1, 2, 3]).subarray(1)), new Uint8Array([2, 3]).buffer);
  same(await echo(new ArrayBuffer(2)), new ArrayBuffer(2));
  same(await echo(new Blob(["ab"])), new Uint8Array([97, 98]).buffer);
  socket.binaryType = "blob";
  const blob = await echo(new Uint8Array([7]));
  ok(blob instanceof Blob && blob.size === 1);
  socket.close();
});

test("messages say where they came from, and keep their order", async () => {
  const socket = await open();
  const seen: string[] = [];
  const done = new Promise<MessageEvent>((resolve) => {
    socket.onmessage = (event) => {
      if (seen.push(event.data as string) === 10) resolve(event);
    };
  });
  for (let number = 0; number < 10; number += 1) socket.send(String(number));
  const event = await done;
  same([seen.join(""), event.origin, event.isTrusted], ["0123456789", new URL(at()).origin, true]);
  socket.close();
});

test("binaryType takes its two values", async () => {
  const socket = await open();
  socket.binaryType = "arraybuffer";
  Reflect.set(socket, "binaryType", "nonsense");
  is(socket.binaryType, "arraybuffer");
  socket.close();
});

test("close checks its code and reason", async () => {
  const socket = await open();
  for (const code of [0, 999, 1001, 1005, 2999, 5000, 65_536, -1])
    throwsDom("InvalidAccessError", () => socket.close(code));
  throwsDom("SyntaxError", () => socket.close(1000, "\u00e9".repeat(62)));
  is(socket.readyState, 1);
  socket.close(3999, "\u00e9".repeat(61));
  is(socket.readyState, 2);
  const event = await next<CloseEvent>(socket, "close");
  same([event.code, event.reason, event.wasClean, socket.readyState], [3999, "\u00e9".repeat(61), true, 3]);
  socket.close();
});

test("a close without a code is 1005", async () => {
  const socket = await open();
  socket.close();
  const event = await next<CloseEvent>(socket, "close");
  same([event.code, event.reason, event.wasClean], [1005, "", true]);
});

test("a socket that is closing buffers for nobody", async () => {
  const socket = await open();
  socket.close();
  socket.send("late");
  is(socket.bufferedAmount, 4);
  await next(socket, "close");
  socket.send("x");
  is(socket.bufferedAmount, 5);
});

test("the server's close is told with code and reason", async () => {
  const socket = new WebSocket(at("?close=3001&reason=bye"));
  const event = await next<CloseEvent>(socket, "close");
  same([event.code, event.reason, event.wasClean, socket.readyState], [3001, "bye", true, 3]);
});

test("a connection that is cut is an error, then a close with 1006", async () => {
  const socket = new WebSocket(at("?cut"));
  const order: string[] = [];
  socket.onerror = () => order.push("error");
  const event = await next<CloseEvent>(socket, "close");
  order.push("close");
  same([event.code, event.wasClean, order.at(-1)], [1006, false, "close"]);
});

test("a server that is not there is an error, then a close", async () => {
  const socket = new WebSocket("ws://127.0.0.1:1/");
  const order: string[] = [];
  socket.onerror = () => order.push("error");
  const event = await next<CloseEvent>(socket, "close");
  same([event.code, event.wasClean, order], [1006, false, ["error"]]);
});

test("a close while connecting is a failure", async () => {
  const socket = new WebSocket(at());
  socket.close();
  is(socket.readyState, 2);
  const event = await next<CloseEvent>(socket, "close");
  same([event.code, event.wasClean], [1006, false]);
});

test("large messages arrive whole", async () => {
  const socket = await open();
  socket.binaryType = "arraybuffer";
  const heard = next<MessageEvent>(socket, "message");
  socket.send(new Uint8Array(1_000_000).fill(5));
  is(((await heard).data as ArrayBuffer).byteLength, 1_000_000);
  socket.close();
});

test("constants cannot be changed", () => {
  for (const [name, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 })) {
    for (const target of [WebSocket, WebSocket.prototype]) {
      const property = Object.getOwnPropertyDescriptor(target, name);
      same(
        [property?.value, property?.writable, property?.enumerable, property?.configurable],
        [value, false, true, false],
      );
    }
  }
});

test("subprotocols that differ in case alone, and an empty fragment, are refused", () => {
  throwsDom("SyntaxError", () => new WebSocket("ws://a.localhost:1/", ["echo", "eCho"]));
  throwsDom("SyntaxError", () => new WebSocket("ws://a.localhost:1/#"));
  const type = Object.getOwnPropertyDescriptor(WebSocket.prototype, "binaryType");
  throws(TypeError, () => type?.set?.call({}, "wrong"));
  throws(TypeError, () => WebSocket.prototype.close.call(untyped({}), 7));
});
