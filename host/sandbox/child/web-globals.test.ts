/** The platform as plugin code finds it: each body below runs inside a real isolate, and asserts there. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startSandbox, toolCode, type TestSandbox } from "./sandbox-for-tests.ts";

let sandbox: TestSandbox;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.stop());

type Same = (actual: unknown, expected: unknown) => void;

/** Must not use anything from around it: its source text is what runs. */
type Body = (same: Same) => void | Promise<void>;

const SAME = `const same = (actual, expected) => {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error("got " + a + ", expected " + e);
};`;

function inside(title: string, body: Body): void {
  test(title, async () => {
    const isolate = await sandbox.open(
      toolCode("run", `async () => { await (${body.toString()})(same); return "held" }`, {}, SAME),
    );
    assert.equal(await sandbox.text(isolate), "held");
  });
}

test("an assertion that does not hold inside fails here", async () => {
  const isolate = await sandbox.open(toolCode("run", "() => same(1, 2)", {}, SAME));
  await assert.rejects(() => sandbox.text(isolate), /got 1, expected 2/);
});

inside("URL parses, resolves and normalises", (same) => {
  const url = new URL("../c?x=1&x=2#h", "https://user@EXAMPLE.org:443/a/b");
  same(
    [url.href, url.host, url.searchParams.getAll("x")],
    ["https://user@example.org/c?x=1&x=2#h", "example.org", ["1", "2"]],
  );
  same(new URL("https://b\u00fccher.example/").host, "xn--bcher-kva.example");
  same(URL.canParse("no scheme"), false);
  same(new URLSearchParams({ a: "b c" }).toString(), "a=b+c");
});

inside("Response.json, its clone and its headers agree", async (same) => {
  const response = Response.json({ a: [1] }, { status: 201, headers: { "x-one": "1" } });
  const copy = response.clone();
  same(await response.json(), { a: [1] });
  same(
    [copy.status, copy.headers.get("content-type"), copy.headers.get("x-one")],
    [201, "application/json", "1"],
  );
  same(await copy.text(), '{"a":[1]}');
  same(copy.bodyUsed, true);
});

inside("Request keeps method, headers and body", async (same) => {
  const request = new Request("https://example.org/", {
    method: "post",
    headers: [["A", "b"]],
    body: new URLSearchParams({ q: "1" }),
  });
  same([request.method, request.headers.get("a")], ["POST", "b"]);
  same(request.headers.get("content-type"), "application/x-www-form-urlencoded;charset=UTF-8");
  same(await request.text(), "q=1");
});

inside("FormData travels as multipart and comes back", async (same) => {
  const form = new FormData();
  form.append("field", "value");
  form.append("file", new File(["contents"], "a.txt", { type: "text/plain" }));
  const back = await new Response(form).formData();
  const file = back.get("file") as File;
  same(
    [back.get("field"), file.name, file.type, await file.text()],
    ["value", "a.txt", "text/plain", "contents"],
  );
});

inside("Blob slices and streams", async (same) => {
  const blob = new Blob(["hello ", new Uint8Array([119, 111, 114, 108, 100])], { type: "text/plain" });
  same([blob.size, await blob.slice(6).text()], [11, "world"]);
  same((await new Response(blob.stream()).arrayBuffer()).byteLength, 11);
});

inside("streams pipe through with back-pressure, tee and iterate", async (same) => {
  let made = 0;
  const source = new ReadableStream<number>(
    { pull: (controller) => controller.enqueue(++made) },
    { highWaterMark: 0 },
  );
  const doubled = source.pipeThrough(
    new TransformStream<number, number>({ transform: (value, controller) => controller.enqueue(value * 2) }),
  );
  const seen = [];
  for await (const value of doubled) if (seen.push(value) === 3) break;
  same(seen, [2, 4, 6]);
  same(made <= 5, true);
  const [left, right] = new Response("both").body?.tee() ?? [];
  same([await new Response(left).text(), await new Response(right).text()], ["both", "both"]);
});

inside("TextDecoder decodes streams cut within characters", (same) => {
  const bytes = new TextEncoder().encode("\ufeffa\u00e9\u20ac\u{1f600}");
  const decoder = new TextDecoder();
  let text = "";
  for (const byte of bytes) text += decoder.decode(new Uint8Array([byte]), { stream: true });
  same(text + decoder.decode(), "a\u00e9\u20ac\u{1f600}");
  same(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).length, 6);
  const wide = new TextDecoder("utf-16le");
  same(
    wide.decode(new Uint8Array([0x3d, 0xd8, 0]), { stream: true }) + wide.decode(new Uint8Array([0xde])),
    "\u{1f600}",
  );
  const japanese = new TextDecoder("shift_jis");
  same(
    japanese.decode(new Uint8Array([0x83]), { stream: true }) + japanese.decode(new Uint8Array([0x65])),
    "\u30c6",
  );
});

inside("TextDecoder knows old encodings, and refuses what is no encoding or not valid", (same) => {
  same(new TextDecoder("latin1").encoding, "windows-1252");
  same(new TextDecoder("iso-8859-2").decode(new Uint8Array([0xb1])), "\u0105");
  same(new TextDecoder().decode(new Uint8Array([0xff, 0x61])), "\ufffda");
  const failing = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return (error as Error).name;
    }
    return "no error";
  };
  same(
    failing(() => new TextDecoder("none-such" as "utf-8")),
    "RangeError",
  );
  same(
    failing(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff]))),
    "TypeError",
  );
});

inside("text streams keep characters whole", async (same) => {
  const encoder = new TextEncoderStream();
  const writer = encoder.writable.getWriter();
  void writer
    .write("\ud83d")
    .then(() => writer.write("\ude00!"))
    .then(() => writer.close());
  same(await new Response(encoder.readable).text(), "\u{1f600}!");
  same(new TextEncoder().encodeInto("\u20ac\u20ac", new Uint8Array(4)), { read: 1, written: 3 });
  const decoder = new TextDecoderStream();
  void new Response(new Uint8Array([0xe2, 0x82, 0xac])).body?.pipeTo(decoder.writable);
  for await (const text of decoder.readable) same(text, "\u20ac");
});

inside("AbortSignal.timeout, any and abort fire with the right reasons", async (same) => {
  const timeout = AbortSignal.timeout(5);
  const any = AbortSignal.any([new AbortController().signal, timeout]);
  await new Promise((resolve) => any.addEventListener("abort", resolve));
  same([any.aborted, any.reason.name], [true, "TimeoutError"]);
  same(AbortSignal.abort("why").reason, "why");
  const controller = new AbortController();
  let fired = 0;
  Object.assign(controller.signal, { onabort: () => fired++ });
  controller.abort();
  controller.abort();
  same(
    [fired, controller.signal.reason.name, controller.signal.reason instanceof DOMException],
    [1, "AbortError", true],
  );
});

inside("events reach listeners with their data", (same) => {
  const target = new EventTarget();
  const heard: unknown[] = [];
  target.addEventListener("a", (event) => heard.push((event as CustomEvent).detail), { once: true });
  target.dispatchEvent(new CustomEvent("a", { detail: 1 }));
  target.dispatchEvent(new CustomEvent("a", { detail: 2 }));
  same(heard, [1]);
  same([new MessageEvent("m", { data: "d" }).data, new CloseEvent("c", { code: 1000 }).code], ["d", 1000]);
});

inside("structuredClone copies deeply and refuses functions", (same) => {
  const original = { date: new Date(0), map: new Map([["k", { v: 1 }]]), self: null as unknown };
  original.self = original;
  const copy = structuredClone(original);
  same(
    [copy !== original, copy.self === copy, copy.map.get("k")?.v, copy.date.getTime()],
    [true, true, 1, 0],
  );
  let refused = "";
  try {
    structuredClone(() => {});
  } catch (error) {
    refused = (error as Error).name;
  }
  same(refused, "DataCloneError");
});

inside("crypto gives randomness and digests", async (same) => {
  same(new Set(crypto.getRandomValues(new Uint8Array(64))).size > 16, true);
  same(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()),
    true,
  );
  const hex = (bytes: ArrayBuffer) =>
    Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const digests = await Promise.all([
    crypto.subtle.digest("SHA-256", new TextEncoder().encode("abc")),
    crypto.subtle.digest({ name: "sha-1" }, new Uint8Array(0)),
  ]);
  same(hex(digests[0]), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  same(hex(digests[1]), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  const refused = (value: Promise<unknown>) =>
    value.then(
      () => "",
      (error: Error) => error.name,
    );
  same(await refused(crypto.subtle.digest("MD5", new Uint8Array(0))), "NotSupportedError");
  same(await refused(crypto.subtle.digest("SHA-1", new Uint8Array(17 * 1024 * 1024))), "QuotaExceededError");
});

inside("timers fire in order, repeat and can be cleared", async (same) => {
  const order: string[] = [];
  const cleared = setTimeout(() => order.push("cleared"), 1);
  clearTimeout(cleared);
  setTimeout((word: string) => order.push(word), 10, "second");
  setTimeout(() => order.push("first"), 1);
  await new Promise<void>((resolve) => {
    let ticks = 0;
    const interval = setInterval(() => {
      if (++ticks < 3) return;
      clearInterval(interval);
      resolve();
    }, 8);
  });
  same(order, ["first", "second"]);
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 20));
  same(performance.now() - start >= 19, true);
});

inside("base64, microtasks, navigator and self are there", async (same) => {
  same([btoa("a\u00ff"), atob("Yf8=").charCodeAt(1)], ["Yf8=", 255]);
  const order: number[] = [];
  queueMicrotask(() => order.push(2));
  order.push(1);
  await Promise.resolve();
  await Promise.resolve();
  same(order, [1, 2]);
  same([typeof navigator.userAgent, Reflect.get(globalThis, "self") === globalThis], ["string", true]);
});

inside("the classes among the globals have instances, and do not show when globals are listed", (same) => {
  same(
    Object.keys(globalThis).filter((name) => /^[A-Z]/.test(name)),
    [],
  );
  same([new Response("x").body instanceof ReadableStream, new DOMException() instanceof Error], [true, true]);
  same(Object.prototype.toString.call(new AbortController().signal), "[object AbortSignal]");
});
