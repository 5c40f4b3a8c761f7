/**
 * The page in a real Chromium against a real gateway on a port of its own. Behind the gateway stands the
 * in-memory counterpart of the host, whose turns each test writes.
 *
 * Run by path: `bun test ./host/gateway/page/page.browser-test.ts`.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";
import { buildPage } from "../../../dev/build-page.mjs";
import { systemClock } from "#host/base/clock.ts";
import { GATEWAY } from "#host/base/limits.ts";
import type { RunningServer } from "#host/base/server.ts";
import { type PageAssets, loadPageAssets } from "#host/gateway/assets.ts";
import { type Gateway, createGateway } from "#host/gateway/gateway.ts";
import {
  type HostCounterpart,
  type Turn,
  MODEL,
  SETTINGS,
  TOKEN,
  aPlugin,
  aSession,
  assistant,
  createHost,
  quietLog,
} from "#host/gateway/host-counterpart.ts";
import { serveBun } from "#host/serve/bun.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const CHROMIUM_ARGS =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync";

let folder: string;
let assets: PageAssets;
let browser: Browser;
let host: HostCounterpart;
let gateway: Gateway;
let server: RunningServer;
let context: BrowserContext;
let page: Page;
let requests: string[];
let complaints: string[];

async function startGateway(port: number): Promise<void> {
  // The port is part of the cookie's name and of the address, and is known only when it is taken.
  const relay: Gateway = {
    fetch: (request, peer) => gateway.fetch(request, peer),
    upgrade: (request, peer) => gateway.upgrade(request, peer),
    mintAddress: () => gateway.mintAddress(),
    close: (reason) => gateway.close(reason),
  };
  server = await serveBun({
    hostname: "127.0.0.1",
    port,
    app: relay,
    maxMessageBytes: GATEWAY.maxPayloadBytes,
    maxBufferedBytes: GATEWAY.maxBufferedBytes,
  });
  gateway = createGateway({
    ports: host.ports,
    settings: { ...SETTINGS, port: server.port },
    log: quietLog(),
    clock: systemClock,
    page: assets,
  });
}

async function stopGateway(): Promise<void> {
  gateway.close("the test ends");
  await server.stop();
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "openclaw-page-"));
  assets = await loadPageAssets((await buildPage({ outDir: folder })).folder);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS.split(" ") });
});

after(async () => {
  await context?.close();
  await stopGateway();
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await context?.close();
  if (server !== undefined) await stopGateway();
  host = createHost(tells(["Hello ", "there."]));
  await startGateway(0);
  context = await browser.newContext();
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  requests = [];
  complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
});

/** A turn that says these pieces; a function among them runs where it stands. */
function tells(
  pieces: readonly (string | ((tell: Parameters<Turn>[1], signal: AbortSignal) => unknown))[],
): Turn {
  return async (_send, tell, signal) => {
    tell({ type: "agent_start", ...MODEL });
    tell({ type: "message_start", message: assistant("") });
    let text = "";
    for (const piece of pieces) {
      if (typeof piece !== "string") await piece(tell, signal);
      else {
        text += piece;
        tell({ type: "message_update", kind: "text", delta: piece, text });
      }
      if (signal.aborted) break;
    }
    const stopReason = signal.aborted ? "aborted" : "stop";
    const message = assistant(text, { stopReason });
    tell({ type: "message_end", message });
    tell({ type: "agent_end", stopReason, message, error: null });
  };
}

async function signIn(): Promise<void> {
  await page.goto(gateway.mintAddress().url);
  await page.locator("#composer").waitFor();
}

async function say(text: string): Promise<void> {
  await page.locator("#composer").fill(text);
  await page.keyboard.press("Enter");
}

const lastAnswer = () => page.locator(".answer").last();

test("a ticket signs in once: it leaves the address at once and does not work again", async () => {
  const { url } = gateway.mintAddress();
  const fragments: string[] = [];
  await page.route("**/auth/ticket", async (route) => {
    fragments.push(await page.evaluate(() => location.hash));
    await route.continue();
  });
  await page.goto(url);
  await page.locator("#composer").waitFor();
  assert.deepEqual(fragments, [""], "the fragment is gone before the ticket is used");
  await page.goBack();
  assert.equal(page.url(), "about:blank", "and so it is from the history");
  const cookies = await context.cookies();
  assert.deepEqual(
    cookies.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite })),
    [{ httpOnly: true, sameSite: "Strict" }],
  );

  const stranger = await browser.newContext();
  const other = await stranger.newPage();
  await other.goto(url);
  await other.getByRole("alert").filter({ hasText: "used already or has expired" }).waitFor();
  await other.getByText("openclaw dashboard", { exact: true }).waitFor();
  await stranger.close();
});

test("who comes without anything is asked to sign in, and a wrong token is called wrong", async () => {
  await page.goto(`http://127.0.0.1:${server.port}/`);
  const field = page.getByLabel("Or paste the gateway token");
  await field.fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "not the gateway's token" }).waitFor();
  await field.fill(TOKEN);
  await page.keyboard.press("Enter");
  await page.locator("#composer").waitFor();
  assert.equal(page.url().includes(TOKEN), false);
});

test("an answer streams: its beginning is shown before its end is known", async () => {
  const gate = Promise.withResolvers<void>();
  host.turn = tells(["First **half**", () => gate.promise, " and the rest."]);
  await signIn();
  await say("hello");
  await lastAnswer().getByText("First half", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Stop the answer" }).waitFor();
  gate.resolve();
  await lastAnswer().getByText("First half and the rest.").waitFor();
  await page.getByRole("button", { name: "Stop the answer" }).waitFor({ state: "detached" });
  assert.equal(await lastAnswer().locator("strong").innerText(), "half");
  assert.deepEqual(complaints, []);
});

test("tool calls are shown as they run, and a failed one opens to its reason", async () => {
  const gate = Promise.withResolvers<void>();
  const call = { type: "toolCall", id: "t1", name: "read", arguments: { path: "/etc/passwd" } } as const;
  const reason = 'Cannot read "/etc/passwd": not declared in the manifest of "read"';
  host.turn = tells([
    "Looking.",
    async (tell) => {
      tell({ type: "tool_execution_start", call });
      await gate.promise;
      const result = {
        role: "toolResult",
        toolCallId: "t1",
        toolName: "read",
        content: [{ type: "text", text: reason }],
        isError: true,
        timestamp: Date.now(),
      } as const;
      tell({ type: "tool_execution_end", call, result, details: null, durationMs: 5 });
    },
    "I may not.",
  ]);
  await signIn();
  await say("read it");
  const tool = page.locator(".tool");
  await tool.getByText("running").waitFor();
  gate.resolve();
  await tool.getByText("failed").waitFor();
  await tool.locator("summary").focus();
  await page.keyboard.press("Enter");
  await tool.locator("pre").filter({ hasText: reason }).waitFor();
});

test("the stop button ends an answer and what was said stays", async () => {
  host.turn = tells([
    "Never ending",
    (_tell, signal) => new Promise((resolve) => signal.addEventListener("abort", resolve)),
  ]);
  await signIn();
  await say("go");
  await lastAnswer().getByText("Never ending").waitFor();
  await page.getByRole("button", { name: "Stop the answer" }).click();
  await lastAnswer().getByText("Stopped").waitFor();
  await lastAnswer().getByText("Never ending").waitFor();
});

test("a message that is written while an answer runs is sent as well", async () => {
  const gate = Promise.withResolvers<void>();
  host.turn = tells([() => gate.promise, "answered"]);
  await signIn();
  await say("one");
  await page.getByRole("button", { name: "Stop the answer" }).waitFor();
  await say("two");
  await page.locator(".user").nth(1).waitFor();
  gate.resolve();
  await page.locator(".answer").nth(1).getByText("answered").waitFor();
  assert.deepEqual(
    host.sent.map(({ message }) => message),
    ["one", "two"],
  );
});

test("sessions are switched, named and deleted, each with its own history", async () => {
  host.sessions.set("agent:main:main", aSession("agent:main:main"));
  await signIn();
  await say("in the main session");
  await lastAnswer().getByText("Hello there.").waitFor();
  await page.getByRole("button", { name: "New chat" }).click();
  await page.getByText("What shall we do?").waitFor();
  const key = decodeURIComponent(page.url().split("session=")[1] ?? "");
  assert.match(key, /^agent:main:chat-/);
  host.sessions.set(key, aSession(key, { displayName: "x" } as object));
  await say("a second session");
  await lastAnswer().getByText("Hello there.").waitFor();
  await page.reload();
  await page.locator(".user").getByText("a second session").waitFor();

  await page.getByRole("button", { name: "Rename or delete a second session" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Plans");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Plans" }).waitFor();

  await page.getByRole("button", { name: "Rename or delete Plans" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Yes, delete it" }).click();
  await page.locator(".user").getByText("in the main session").waitFor();
  assert.equal(host.sessions.has(key), false);
});

test("a question to the owner is answered by keyboard alone", async () => {
  await signIn();
  const approval = {
    id: "a1",
    kind: "effect",
    pluginId: "web_fetch",
    sessionKey: null,
    runId: null,
    title: "web_fetch wants to open example.org",
    lines: ["GET https://example.org/"],
    decisions: ["allow-once", "allow-session", "allow-always", "deny"],
    subjectHash: "0",
    createdAt: Date.now(),
    expiresAt: Date.now() + 60_000,
  } as const;
  const answered: string[] = [];
  const { resolve } = host.ports.approvals;
  host.ports.approvals.resolve = (id, decision) => {
    answered.push(`${id} ${decision}`);
    return resolve(id, decision);
  };
  host.approvals.push(approval);
  host.tellApproval({ type: "requested", approval });
  const card = page.getByRole("group", { name: approval.title });
  await card.getByText("GET https://example.org/").waitFor();
  await page.locator("#composer").focus();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await card.waitFor({ state: "detached" });
  assert.deepEqual(answered, ["a1 deny"]);
  await page.waitForFunction(() => document.activeElement?.id === "composer");
});

test("a plugin that waits for the owner is granted in the panel, which Escape closes", async () => {
  host.plugins.push(
    aPlugin("weather", { state: "waiting", asks: ["domain api.example.org"], request: "0".repeat(64) }),
  );
  await signIn();
  await page.getByRole("button", { name: /Plugins/ }).click();
  const panel = page.getByRole("dialog", { name: "Plugins" });
  await panel.getByText("domain api.example.org").waitFor();
  await panel.getByRole("button", { name: "Grant" }).click();
  await panel.getByText("ready").waitFor();
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
});

test("a right that Squid does not let through yet is shown with the command that adds it", async () => {
  host.plugins.push(aPlugin("weather", { outsideAllowlist: ["api.example.org", ".example.net"] }));
  await signIn();
  await page.getByRole("button", { name: /Plugins/ }).click();
  const panel = page.getByRole("dialog", { name: "Plugins" });
  await panel.getByText("openclaw allowlist add api.example.org .example.net").waitFor();
});

test("a right that Squid has not been told of is shown with the commands that tell it", async () => {
  host.plugins.push(aPlugin("weather", { unknownToSquid: true }));
  await signIn();
  await page.getByRole("button", { name: /Plugins/ }).click();
  const panel = page.getByRole("dialog", { name: "Plugins" });
  await panel.getByText("openclaw allowlist render").waitFor();
  await panel.getByText("dropped in").waitFor();
});

test("a secret that a plugin waits for is shown with the command that gives it", async () => {
  host.plugins.push(aPlugin("weather"), aPlugin("other"));
  host.ports.secrets.list = async () => [
    { pluginId: "weather", name: "apiKey", use: "slot", setAt: null },
    { pluginId: "weather", name: "given", use: "slot", setAt: 1 },
  ];
  await signIn();
  await page.getByRole("button", { name: /Plugins/ }).click();
  const commands = page.getByRole("dialog", { name: "Plugins" }).getByText("openclaw secret set");
  await commands.waitFor();
  assert.deepEqual(await commands.allInnerTexts(), ["openclaw secret set weather apiKey"]);
});

test("however many rights a plugin asks for, the answer to it is in view", async () => {
  const approval = {
    id: "many",
    kind: "grant",
    pluginId: "weather",
    sessionKey: null,
    runId: null,
    title: '"weather" asks for 30 rights',
    lines: Array.from({ length: 30 }, (_, index) => `domain host-${index}.example.org`),
    decisions: ["allow-always", "deny"],
    subjectHash: "0",
    createdAt: Date.now(),
    expiresAt: null,
  } as const;
  await signIn();
  host.approvals.push(approval);
  host.tellApproval({ type: "requested", approval });
  for (const size of [
    { width: 1280, height: 800 },
    { width: 390, height: 700 },
  ]) {
    await page.setViewportSize(size);
    const button = page.getByRole("button", { name: "Grant" });
    await button.waitFor();
    // The page takes up its new size with the next frame.
    await page.waitForFunction(
      (element) => {
        const { left, top, width, height } = (element as Element).getBoundingClientRect();
        return document.elementFromPoint(left + width / 2, top + height / 2) === element;
      },
      await button.elementHandle(),
      { timeout: 5_000 },
    );
  }
});

test("a message that is too long is told with both numbers, and stays in the composer", async () => {
  await signIn();
  await page.locator("#composer").fill("x".repeat(GATEWAY.maxMessageChars + 1));
  await page.keyboard.press("Enter");
  await page.getByText("it has 100,001 characters, and a message may have 100,000").waitFor();
  assert.equal((await page.locator("#composer").inputValue()).length, GATEWAY.maxMessageChars + 1);
});

test("the status panel shows the model and why, and every wall", async () => {
  await signIn();
  await page.getByRole("button", { name: /Status/ }).click();
  const panel = page.getByRole("dialog", { name: "Status" });
  await panel.getByText("found by the test").waitFor();
  await panel.getByText("tried by the test").waitFor();
});

const HOSTILE = [
  "<script>window.hit = 1</script>",
  '<img src=x onerror="window.hit = 2">',
  "<svg onload='window.hit = 3'><animate onbegin='window.hit = 3'></svg>",
  "<style>body { display: none }</style>",
  "<iframe srcdoc='<script>parent.hit = 4</script>'></iframe>",
  "<form action='https://evil.example'><button id=composer>x</button></form>",
  "[a](javascript:window.hit=5) [b](JaVaScRiPt&colon;window.hit=5) [c](&#106;avascript:window.hit=5)",
  "[d](data:text/html,<script>opener.hit=6</script>) [e](vbscript:x)",
  '[f](https://example.org/"onmouseover="window.hit=7)',
  '![g](https://evil.example/leak.png) ![h](x"onerror="window.hit=8) ![i](data:image/svg+xml,<svg onload=1>)',
  "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=window.hit=9&gt;'>",
  '```"><img src=x onerror=window.hit=10>\n</code></pre><script>window.hit = 11</script>\n```',
  "> ".repeat(300) + "deep",
];

test("hostile markdown stays text: nothing runs, nothing is loaded, nothing on the page changes", async () => {
  host.turn = tells([
    HOSTILE.slice(0, 6).join("\n\n"),
    "\n\n",
    HOSTILE.slice(6).join("\n\n"),
    "\n\nThe end.",
  ]);
  await signIn();
  await say("attack");
  await lastAnswer().getByText("The end.").waitFor();
  await page.getByRole("button", { name: "Stop the answer" }).waitFor({ state: "detached" });
  const found = await page.evaluate(() => ({
    hit: (globalThis as { hit?: number }).hit ?? 0,
    forbidden: document.querySelectorAll(
      ".markdown :is(script, style, svg, math, iframe, form, img, object, embed, [onerror], [onload], [style], [id])",
    ).length,
    links: [...document.querySelectorAll(".markdown a")].map((link) => link.getAttribute("href")),
    composers: document.querySelectorAll("#composer").length,
  }));
  assert.deepEqual(found, {
    hit: 0,
    forbidden: 0,
    links: ['https://example.org/"onmouseover="window.hit=7', "https://evil.example/leak.png"],
    composers: 1,
  });
  assert.deepEqual(
    requests.filter(
      (url) => !url.startsWith(`http://127.0.0.1:${server.port}/`) && !url.startsWith("data:,"),
    ),
    [],
  );
  assert.deepEqual(complaints, []);
});

test("the page forbids inline script and HTML from strings, so that a hole would lead nowhere", async () => {
  await signIn();
  const blocked = await page.evaluate(async () => {
    const violation = new Promise<string>((resolve) => {
      document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), {
        once: true,
      });
    });
    const script = document.createElement("script");
    let thrown = "";
    try {
      script.text = "window.hit = 1";
    } catch (error) {
      thrown = error instanceof Error ? error.name : "";
    }
    return { thrown, directive: await violation, hit: (globalThis as { hit?: number }).hit ?? 0 };
  });
  assert.deepEqual(blocked, { thrown: "TypeError", directive: "require-trusted-types-for", hit: 0 });
});

test("after a restart of the gateway the page comes back by itself, with its history", async () => {
  await signIn();
  await say("before");
  await lastAnswer().getByText("Hello there.").waitFor();
  const { port } = server;
  await stopGateway();
  await page.getByText("The connection to the gateway is lost.").waitFor();
  await startGateway(port);
  await page
    .getByText("The connection to the gateway is lost.")
    .waitFor({ state: "detached", timeout: 20_000 });
  await page.locator(".user").getByText("before").waitFor();
  await say("after");
  await page.locator(".answer").nth(1).getByText("Hello there.").waitFor();
});

test("a long answer is built once, not once for each token", async () => {
  const paragraphs = 400;
  const paragraph = "Some *words* of an answer with `code` and [a link](https://example.org).\n\n";
  const pause = () => new Promise((resolve) => setTimeout(resolve, 4));
  host.turn = tells(Array.from({ length: paragraphs }, () => [paragraph, pause] as const).flat());
  await signIn();
  await page.evaluate(() => {
    const counter = globalThis as { built?: number };
    counter.built = 0;
    new MutationObserver((changes) => {
      for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
        if (node instanceof HTMLElement)
          counter.built = (counter.built ?? 0) + node.querySelectorAll("a").length;
      }
    }).observe(document.querySelector(".entries") ?? document.body, { childList: true, subtree: true });
  });
  await say("at length");
  await page
    .locator(".markdown p")
    .nth(paragraphs - 1)
    .waitFor({ timeout: 30_000 });
  await page.getByRole("button", { name: "Stop the answer" }).waitFor({ state: "detached" });
  const built = await page.evaluate(() => (globalThis as { built?: number }).built ?? 0);
  // The open paragraph, the finished one, and once all of it at the end.
  assert.ok(built <= 4 * paragraphs, `${paragraphs} paragraphs were built ${built} times`);
});

test("the newest line stays in view until the reader scrolls up, and again on demand", async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const lines = (name: string) => Array.from({ length: 60 }, (_, index) => `${name} ${index}\n\n`).join("");
  host.turn = tells([
    lines("first"),
    () => gates[0]?.promise,
    lines("second"),
    () => gates[1]?.promise,
    "end",
  ]);
  await signIn();
  await say("go");
  const scroller = page.getByRole("log");
  const distance = () => scroller.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
  await page.getByText("first 59", { exact: true }).waitFor();
  await page.waitForFunction(() => {
    const log = document.querySelector(".transcript");
    return log !== null && log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  });
  await scroller.hover();
  await page.mouse.wheel(0, -500);
  await page.getByRole("button", { name: "Newest" }).waitFor();
  gates[0]?.resolve();
  await page.getByText("second 59", { exact: true }).waitFor();
  assert.ok((await distance()) > 500, "the reader's place is held");
  await page.getByRole("button", { name: "Newest" }).click();
  assert.ok((await distance()) < 40);
  gates[1]?.resolve();
});

test("on a phone nothing is wider than the screen, and the list of sessions opens and closes by keyboard", async () => {
  await page.setViewportSize({ width: 320, height: 640 });
  host.turn = tells([
    `| ${"wide column | ".repeat(12)}\n|${"---|".repeat(13)}\n\n\`\`\`\n${"x".repeat(300)}\n\`\`\`\n`,
  ]);
  await signIn();
  await say("wide");
  await page.locator(".code").waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  await page.getByRole("button", { name: "Sessions" }).press("Enter");
  await page.getByRole("button", { name: "Close the list" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Close the list" }).waitFor({ state: "hidden" });
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Sessions");
});
