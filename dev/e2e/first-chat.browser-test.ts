/**
 * A stranger's first ten minutes, with nothing simulated but the model's words: clone, `npm start`, open the
 * printed address in Chromium, chat, watch a tool run in an isolate, drop a plugin folder, use it.
 *
 * `OPENCLAW_SCREENSHOT=path` keeps a picture of the end.
 */
import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { chromium, type Browser, type Page } from "playwright-core";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { root } from "../gateway-process.ts";

const CHROMIUM_ARGS =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const FIRST_START_MS = 180_000;
const STOP_MS = 5_000;

let folder: string;
let clone: string;
let stateDir: string;
let npm: ChildProcess;
let address: string;
let browser: Browser;
let page: Page;
let model: Awaited<ReturnType<typeof startOllamaCounterpart>>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "openclaw-stranger-"));
  clone = join(folder, "clone");
  stateDir = join(folder, "state");
  await promisify(execFile)("git", ["clone", "--quiet", "--depth", "1", `file://${root}`, clone]);
  model = await startOllamaCounterpart();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: CHROMIUM_ARGS.split(" "),
  });
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(20_000);
});

after(async () => {
  if (npm?.exitCode === null && npm.pid !== undefined) process.kill(-npm.pid, "SIGKILL");
  await browser?.close();
  await model?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Resolves with the first match in what the process prints; rejects with all of it if it ends before. */
function printed(child: ChildProcess, pattern: RegExp, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const fail = (why: string) => reject(new Error(`npm start ${why}:\n${text}`));
    const timer = setTimeout(() => fail("took too long"), limitMs);
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const found = pattern.exec(text);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[0]);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => fail(`ended with code ${code}`));
  });
}

async function say(text: string): Promise<void> {
  await page.locator("#composer").fill(text);
  await page.keyboard.press("Enter");
}

const lastAnswer = () => page.locator(".answer").last();

test("npm start in a fresh clone installs, builds and prints an address", async () => {
  npm = spawn("npm", ["start"], {
    cwd: clone,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      OPENCLAW_STATE_DIR: stateDir,
      OPENCLAW_GATEWAY_PORT: "0",
      OPENCLAW_GATEWAY_TOKEN: "",
      OLLAMA_HOST: model.address,
    },
  });
  address = await printed(npm, /http:\/\/127\.0\.0\.1:\d+\/#ticket=[\w-]+/, FIRST_START_MS);
});

test("the printed address signs in, and the agent streams its answer from Ollama", async () => {
  await page.goto(address);
  await page.locator("#composer").waitFor();
  await say("hello [[tokens:40]]");
  await lastAnswer().getByText("tok39").waitFor();
  assert.equal(new URL(page.url()).hash.includes("ticket"), false);
});

test("the model uses a tool that runs in an isolate", async () => {
  await say('[[tool:date_add {"date":"2026-11-23","days":7}]]');
  await page.getByText("date_add").first().waitFor();
  await lastAnswer().getByText("tok15").waitFor();
  const seen = JSON.stringify(model.requests.at(-1)?.body);
  assert.match(seen, /Monday 2026-11-30 \(2026-W49\)/);
});

test("a plugin folder that is copied into place is used by the next message", async () => {
  await cp(join(clone, "dev", "fixtures", "dice"), join(stateDir, "plugins", "dice"), { recursive: true });
  await page.waitForTimeout(2_000); // what the README promises
  await say('[[tool:roll {"sides":1}]]');
  await page.getByText("roll", { exact: true }).first().waitFor();
  await page.locator(".answer").nth(2).waitFor();
  await lastAnswer().getByText("tok15").waitFor();
  assert.match(JSON.stringify(model.requests.at(-1)?.body), /rolled 1/);
  const picture = process.env.OPENCLAW_SCREENSHOT;
  if (picture !== undefined) await page.screenshot({ path: picture });
});

test("SIGTERM to npm ends everything within five seconds", async () => {
  const ended = new Promise<void>((resolve) => npm.once("exit", () => resolve()));
  const started = performance.now();
  npm.kill("SIGTERM");
  await ended;
  await assert.rejects(fetch(new URL("/healthz", address)));
  assert.ok(performance.now() - started < STOP_MS);
});
