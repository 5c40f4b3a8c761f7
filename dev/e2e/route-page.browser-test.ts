/**
 * A page that a plugin's route shows, in the owner's signed-in browser: what it can do to the gateway whose origin it
 * stands on. Seen to succeed once the `sandbox` of its policy is taken away.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { connectParams } from "#host/gateway/client-counterpart.ts";
import { startGateway, type ListeningGateway } from "#host/gateway/gateway-counterpart.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
let browser: Browser;
let gateway: ListeningGateway;

/** Each attack answers what it got: "ok: …" if it worked, anything else if not. */
const ATTACKS = `
const tries = {
  async read() { return "ok: " + (await (await fetch("/readyz")).text()).slice(0, 20); },
  async ask() {
    const answer = await fetch("/auth/token", { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
    return answer.status === 400 ? "ok: it was heard" : String(answer.status);
  },
  async speak() {
    const socket = new WebSocket(location.href.replace(/^http/, "ws").replace(/plugin.*/, ""));
    const said = new Promise((resolve) => {
      socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data);
        if (frame.type === "res") resolve(frame.ok ? "ok: signed in as the owner" : JSON.stringify(frame.error));
      };
      socket.onclose = ({ code }) => resolve("closed " + code);
      socket.onerror = () => resolve("refused");
    });
    await new Promise((resolve) => { socket.onopen = resolve; });
    socket.send(JSON.stringify({ type: "req", id: "1", method: "connect", params: PARAMS }));
    return said;
  },
  async keep() { localStorage.setItem("a", "b"); return "ok: " + localStorage.getItem("a"); },
  async cookie() { document.cookie = "planted=1"; return document.cookie.includes("planted") ? "ok: planted" : "no"; },
  async worker() { await navigator.serviceWorker.register("/plugin/evil/worker.js", { scope: "/plugin/evil/" }); return "ok: registered"; },
};
const patience = (ms) => new Promise((resolve) => setTimeout(() => resolve("nothing came"), ms));
const seen = {};
for (const [name, attempt] of Object.entries(tries))
  seen[name] = await Promise.race([attempt().catch((error) => error.name), patience(5000)]);
document.title = JSON.stringify(seen);`;

before(async () => {
  gateway = await startGateway();
  const html = `<!doctype html><title></title><script type="module">const PARAMS = ${JSON.stringify(connectParams())};${ATTACKS}</script>`;
  gateway.host.route = ({ path }) => {
    const type = path === "/worker.js" ? "text/javascript" : "text/html";
    const text = path === "/worker.js" ? "" : html;
    async function* body() {
      yield new TextEncoder().encode(text);
    }
    const headers = [
      ["content-type", type],
      ["set-cookie", "planted-by-header=1"],
      ["service-worker-allowed", "/"],
      ["content-security-policy", "script-src 'unsafe-inline'"],
    ] as const;
    return Promise.resolve({ ok: true, answer: { status: 200, headers, body: body() } });
  };
  const args =
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-features=LocalNetworkAccessChecks".split(
      " ",
    );
  // What Playwright serves in the gateway's place counts as the internet's; the walls here are ours, not that check.
  browser = await chromium.launch({ executablePath: CHROMIUM, args });
});
after(async () => {
  await browser?.close();
  await gateway?.[Symbol.asyncDispose]();
});

/** A browser whose owner is signed in. */
async function ownersBrowser(): Promise<BrowserContext> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(gateway.http);
  const { ticket } = gateway.gateway.mintAddress();
  const status = await page.evaluate(
    async (body) =>
      (await fetch("/auth/ticket", { method: "POST", body, headers: { "content-type": "application/json" } }))
        .status,
    JSON.stringify({ ticket }),
  );
  assert.equal(status, 200);
  return context;
}

async function attack(context: BrowserContext): Promise<Record<string, string>> {
  const page = await context.newPage();
  await page.goto(`${gateway.http}/plugin/evil/`);
  return JSON.parse(await titleOf(page)) as Record<string, string>;
}

/** Asked from outside: the page's own policy forbids what would wait for it within. */
async function titleOf(page: Page): Promise<string> {
  for (let asked = 0; asked < 400; asked++) {
    const title = await page.title();
    if (title !== "") return title;
    await setTimeout(25);
  }
  throw new Error("The page never said what it could do");
}

test("a route's page can neither read, ask nor speak to the gateway as its owner, nor keep anything on its origin", async () => {
  const context = await ownersBrowser();
  const seen = await attack(context);
  for (const [name, result] of Object.entries(seen)) assert.doesNotMatch(result, /^ok/, `${name}: ${result}`);
  assert.equal(Object.keys(seen).length, 6);
  const cookies = await context.cookies();
  assert.deepEqual(
    cookies.map(({ name }) => name),
    ["openclaw-18789"],
    "and its Set-Cookie is gone",
  );
  await context.close();
});

test("the same page without the sandbox of its policy does harm", async () => {
  const context = await ownersBrowser();
  await context.route("**/plugin/evil/", async (route) => {
    const answer = await route.fetch();
    const { "content-security-policy": _policy, ...headers } = answer.headers();
    await route.fulfill({ response: answer, headers });
  });
  const seen = await attack(context);
  for (const name of ["read", "ask", "speak", "keep", "cookie"])
    assert.match(seen[name] ?? "", /^ok/, `${name}: ${seen[name]}`);
  await context.close();
});
