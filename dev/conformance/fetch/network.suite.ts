/** Fetch standard, section 5.6, against a real server; data: and blob: addresses; Subresource Integrity. */
import { is, ok, rejects, rejectsDom, rejectsExactly, same, throws, untyped } from "../assertions.ts";
import { surroundings, test } from "../harness.ts";

const at = (path: string) => `${surroundings().server}${path}`;
interface Inspection {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
}
const inspect = async (response: Response) => (await response.json()) as Inspection;

test("a response knows where it came from", async () => {
  const response = await fetch(at("/inspect?a=1#hash"));
  same([response.status, response.ok, response.redirected, response.type], [200, true, false, "basic"]);
  is(response.url, at("/inspect?a=1"));
  const { method, path } = await inspect(response);
  same([method, path], ["GET", "/inspect?a=1"]);
});

test("method, headers and body arrive", async () => {
  const response = await fetch(at("/inspect"), {
    method: "PUT",
    headers: { "X-Own": "\u00ff" },
    body: "text",
  });
  const { method, headers } = await inspect(response);
  same(
    [
      method,
      headers["content-type"],
      headers["content-length"] ?? headers["transfer-encoding"] !== undefined,
    ],
    ["PUT", "text/plain;charset=UTF-8", headers["content-length"] ?? true],
  );
  is(headers["x-own"], "\u00ff");
});

test("every kind of body arrives whole", async () => {
  const bytes = new Uint8Array(200_000).map((_, index) => index % 251);
  const echo = async (body: BodyInit, more: object = {}) =>
    new Uint8Array(await (await fetch(at("/echo"), { method: "POST", body, ...more })).arrayBuffer());
  same(await echo(bytes), bytes);
  same(await echo(new Blob([bytes])), bytes);
  const stream = new Blob([bytes]).stream();
  same(await echo(stream, { duplex: "half" }), bytes);
  const form = new FormData();
  form.append("f", new File([bytes], "n"));
  const back = await (await fetch(at("/echo"), { method: "POST", body: form })).formData();
  same(new Uint8Array(await (back.get("f") as File).arrayBuffer()), bytes);
});

test("a body streams as it comes", async () => {
  const response = await fetch(at("/slow"));
  const chunks: string[] = [];
  for await (const chunk of (response.body as ReadableStream<Uint8Array>).pipeThrough(
    new TextDecoderStream() as never,
  ) as AsyncIterable<string>) {
    chunks.push(chunk);
  }
  is(chunks.join(""), "one two three");
  ok(chunks.length > 1);
});

test("status, reason and headers are the server's; headers cannot be changed", async () => {
  const response = await fetch(at("/status?code=418&body=tea"));
  same(
    [response.status, response.statusText, response.ok, response.headers.get("x-status")],
    [418, "Its Reason", false, "yes"],
  );
  throws(TypeError, () => response.headers.set("a", "b"));
  is(await response.text(), "tea");
  same((await fetch(at("/inspect"))).headers.getSetCookie(), ["a=1", "b=2"]);
});

test("204 and HEAD have no body", async () => {
  is((await fetch(at("/status?code=204"))).body, null);
  const head = await fetch(at("/status?code=200&body=x"), { method: "HEAD" });
  is(await head.text(), "");
});

for (const code of [301, 302, 303, 307, 308]) {
  test(`a ${code} is followed, with the method that it asks for`, async () => {
    const response = await fetch(at(`/redirect?code=${code}`), { method: "POST", body: "x" });
    const { method, headers } = await inspect(response);
    const keeps = code > 303;
    same([response.redirected, response.url, method], [true, at("/inspect"), keeps ? "POST" : "GET"]);
    is(headers["content-type"] !== undefined, keeps);
  });
}

test("redirect error rejects, manual gives the redirect itself", async () => {
  await rejects(TypeError, fetch(at("/redirect?code=302"), { redirect: "error" }));
  const response = await fetch(at("/redirect?code=302"), { redirect: "manual" });
  same([response.status, response.headers.get("location"), response.redirected], [302, "/inspect", false]);
});

test("a redirect without end rejects", async () => {
  const path = "/redirect?code=302&to=";
  await rejects(
    TypeError,
    fetch(at(`${path}${encodeURIComponent(path)}`)).then((response) =>
      response.url.length > 5_000 ? response : Promise.reject(new TypeError("stopped")),
    ),
  );
});

test("an abort before, while waiting and while reading", async () => {
  await rejectsExactly("before", fetch(at("/inspect"), { signal: AbortSignal.abort("before") }));
  const waiting = new AbortController();
  const never = fetch(at("/never"), { signal: waiting.signal });
  setTimeout(() => waiting.abort(), 20);
  await rejectsDom("AbortError", never);
  const reading = new AbortController();
  const response = await fetch(at("/endless"), { signal: reading.signal });
  const text = response.text();
  setTimeout(() => reading.abort(), 20);
  await rejectsDom("AbortError", text);
});

test("a time-out is an abort with its own name", async () => {
  await rejectsDom("TimeoutError", fetch(at("/never"), { signal: AbortSignal.timeout(20) }));
});

test("a cancelled body stops, and a body that breaks off rejects", async () => {
  const response = await fetch(at("/endless"));
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  is(new TextDecoder().decode((await reader.read()).value), "first");
  await reader.cancel();
  await rejects(
    TypeError,
    fetch(at("/cut")).then((cut) => cut.text()),
  );
});

test("a server that is not there, and addresses that cannot be fetched", async () => {
  await rejects(TypeError, fetch("http://127.0.0.1:1/"));
  for (const url of ["nonsense", "ftp://a.example/", "about:blank", "https://u:p@a.example/"])
    await rejects(TypeError, fetch(url));
  await rejects(TypeError, Reflect.apply(fetch, globalThis, []));
});

test("a Request is fetched, with options of its own over it", async () => {
  const request = new Request(at("/inspect"), { method: "POST", body: "x", headers: { a: "1" } });
  const { method, headers } = await inspect(await fetch(request, { headers: { b: "2" } }));
  same([method, headers.a, headers.b, request.bodyUsed], ["POST", undefined, "2", true]);
});

test("options of browsers are taken", async () => {
  const init = {
    mode: "cors",
    credentials: "include",
    cache: "no-store",
    referrer: "",
    referrerPolicy: "no-referrer",
    keepalive: true,
    priority: "high",
  };
  is((await fetch(at("/inspect"), init as RequestInit)).status, 200);
});

for (const [url, type, text] of [
  ["data:,Hello%20there", "text/plain;charset=US-ASCII", "Hello there"],
  ["data:text/html,<p>", "text/html", "<p>"],
  ["data:;base64,YQ==", "text/plain;charset=US-ASCII", "a"],
  ["data:x/y;charset=utf-8;base64,w6k", "x/y;charset=utf-8", "\u00e9"],
  ["data:text/plain,a#b", "text/plain", "a"],
  ['DATA:text/plain;a="b",x', "text/plain;a=b", "x"],
] as const) {
  test(`${url} is answered here`, async () => {
    const response = await fetch(url);
    same(
      [response.status, response.statusText, response.headers.get("content-type"), await response.text()],
      [200, "OK", type, text],
    );
  });
}

test("a data: address that is malformed rejects", async () => {
  await rejects(TypeError, fetch("data:text/plain;base64,a"));
  await rejects(TypeError, fetch("data:text/plain"));
});

test("a long data: address is fetched too", async () => {
  is((await (await fetch(`data:;base64,${"AAAA".repeat(300_000)}`)).arrayBuffer()).byteLength, 900_000);
});

test("integrity: the right digest passes, a wrong one rejects, what is unknown is no rule", async () => {
  const digest = (text: string, name = "SHA-256") =>
    crypto.subtle.digest(name, new TextEncoder().encode(text));
  const base64 = async (bytes: Promise<ArrayBuffer>) =>
    btoa(String.fromCharCode(...new Uint8Array(await bytes)));
  const url = at("/status?code=200&body=right");
  const right = `sha256-${await base64(digest("right"))}`;
  const wrong = `sha512-${await base64(digest("wrong", "SHA-512"))}`;
  is(await (await fetch(url, { integrity: right })).text(), "right");
  await rejects(TypeError, fetch(url, { integrity: wrong }));
  await rejects(TypeError, fetch(url, { integrity: `${right} ${wrong}` }));
  is((await fetch(url, { integrity: "md5-nonsense" })).status, 200);
  throws(TypeError, () => new Request(url, untyped({ integrity: Symbol("a") })));
});

test("a body of known length says so, also after a redirect; a stream does not", async () => {
  const seen = async (path: string, body: BodyInit): Promise<Record<string, string>> => {
    const init = { method: "POST", body, ...(body instanceof ReadableStream ? { duplex: "half" } : {}) };
    const response = await fetch(`${surroundings().server}${path}`, init);
    return ((await response.json()) as { headers: Record<string, string> }).headers;
  };
  for (const [body, length] of [
    ["four", "4"],
    [new Uint8Array(3), "3"],
    [new Blob(["\u00e9"]), "2"],
    [new URLSearchParams("a=b"), "3"],
  ] as const) {
    for (const path of ["/inspect", "/redirect?code=307", "/redirect?code=308"]) {
      const headers = await seen(path, body);
      same([headers["content-length"], headers["transfer-encoding"]], [length, undefined], path);
    }
  }
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  void writer.write(new Uint8Array(3)).then(() => writer.close());
  const headers = await seen("/inspect", readable);
  same([headers["content-length"], headers["transfer-encoding"]], [undefined, "chunked"]);
});
