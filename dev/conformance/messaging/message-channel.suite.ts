/** HTML standard, section 9.4: channels and ports. */
import { is, ok, same, throws, throwsDom, untyped } from "../assertions.ts";
import { test } from "../harness.ts";

const next = (port: MessagePort): Promise<MessageEvent> =>
  new Promise((resolve) => port.addEventListener("message", resolve as never, { once: true }));
const soon = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms));

test("a channel has two ports that stay the same", () => {
  const channel = new MessageChannel();
  is(channel.port1, channel.port1);
  ok(channel.port1 !== channel.port2 && channel.port1 instanceof MessagePort);
});

test("a message arrives as a copy, later, and trusted", async () => {
  const { port1, port2 } = new MessageChannel();
  const message = { a: [1] };
  const heard = next(port2);
  port2.start();
  let came = false;
  void heard.then(() => {
    came = true;
  });
  port1.postMessage(message);
  message.a.push(2);
  await Promise.resolve();
  is(came, false);
  const event = await heard;
  same([event.data, event.origin, event.source, event.ports.length], [{ a: [1] }, "", null, 0]);
  port1.close();
});

test("messages wait until the port is started", async () => {
  const { port1, port2 } = new MessageChannel();
  const heard: unknown[] = [];
  port2.addEventListener("message", (event) => heard.push(event.data));
  port1.postMessage(1);
  port1.postMessage(2);
  await soon();
  same(heard, []);
  port2.start();
  await soon();
  same(heard, [1, 2]);
  port1.close();
});

test("setting onmessage starts the port", async () => {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage("early");
  const heard = await new Promise((resolve) => {
    port2.onmessage = (event) => resolve(event.data);
  });
  is(heard, "early");
  same([typeof port2.onmessage, port1.onmessage, port2.onmessageerror], ["function", null, null]);
  port1.close();
});

test("messages keep their order, both ways", async () => {
  const { port1, port2 } = new MessageChannel();
  const seen: number[] = [];
  port2.onmessage = (event) => port2.postMessage((event.data as number) * 2);
  await new Promise<void>((resolve) => {
    port1.onmessage = (event) => {
      if (seen.push(event.data as number) === 20) resolve();
    };
    for (let number = 0; number < 20; number += 1) port1.postMessage(number);
  });
  same(
    seen,
    Array.from({ length: 20 }, (_, number) => number * 2),
  );
  port1.close();
});

test("what cannot be cloned is refused at once", () => {
  const { port1 } = new MessageChannel();
  throwsDom("DataCloneError", () => port1.postMessage(() => {}));
  throws(TypeError, () => Reflect.apply(port1.postMessage, port1, []));
  throws(TypeError, () => port1.postMessage(1, untyped(1)));
  port1.close();
});

test("buffers and ports are transferred, by list or by options", async () => {
  const { port1, port2 } = new MessageChannel();
  const inner = new MessageChannel();
  const buffer = new ArrayBuffer(8);
  const heard = next(port2);
  port2.start();
  port1.postMessage({ buffer, port: inner.port2 }, [buffer, inner.port2]);
  is(buffer.detached, true);
  const { data, ports } = await heard;
  same([data.buffer.byteLength, ports.length, ports[0] === data.port], [8, 1, true]);
  const through = next(data.port as MessagePort);
  (data.port as MessagePort).start();
  inner.port1.postMessage("inner");
  is((await through).data, "inner");
  const other = new ArrayBuffer(2);
  port1.postMessage(1, { transfer: [other] });
  is(other.detached, true);
  port1.close();
  inner.port1.close();
});

test("a port cannot be sent through itself", () => {
  const { port1 } = new MessageChannel();
  throwsDom("DataCloneError", () => port1.postMessage(1, [port1]));
  port1.close();
});

test("a closed port sends and receives nothing, and the other hears of it", async () => {
  const { port1, port2 } = new MessageChannel();
  const heard: string[] = [];
  port2.onmessage = () => heard.push("message");
  port2.addEventListener("close", () => heard.push("close"));
  port1.close();
  port1.postMessage("lost");
  port2.postMessage("lost");
  await soon(40);
  same(heard, ["close"]);
});

test("messages that are under way go to where the port was sent", async () => {
  const { port1, port2 } = new MessageChannel();
  const carrier = new MessageChannel();
  port1.postMessage("early");
  const heard = next(carrier.port2);
  carrier.port2.start();
  carrier.port1.postMessage(null, [port2]);
  const moved = (await heard).ports[0] as MessagePort;
  port1.postMessage("late");
  const seen: unknown[] = [];
  moved.onmessage = (event) => seen.push(event.data);
  await soon();
  same(seen, ["early", "late"]);
  port1.close();
  carrier.port1.close();
});

test("a port that was closed cannot be sent, its other end can", () => {
  const closed = new MessageChannel();
  const carrier = new MessageChannel();
  closed.port1.close();
  throwsDom("DataCloneError", () => carrier.port1.postMessage(null, [closed.port1]));
  carrier.port1.postMessage(null, [closed.port2]);
  carrier.port1.close();
});
