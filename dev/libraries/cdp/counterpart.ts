/** A real Chromium without a window, on a port of its own choice. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Trial } from "../trial.ts";

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const PAGE = `data:text/html,<button onclick="this.textContent='clicked'">click</button>`;

export const cdp: Trial = {
  name: "Chromium by its protocol",
  folder: "cdp",
  async start() {
    const program = BROWSERS.find((path) => existsSync(path));
    if (program === undefined) throw new Error("Chromium is not installed");
    const profile = await mkdtemp(join(tmpdir(), "chromium-"));
    const options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"];
    const browser = spawn(program, [...options, `--user-data-dir=${profile}`], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const port = await new Promise<number>((resolve, reject) => {
      let printed = "";
      browser.stderr.on("data", (bytes: Buffer) => {
        printed += bytes.toString();
        const found = /DevTools listening on ws:\/\/[^:]+:(\d+)\//.exec(printed);
        if (found !== null) resolve(Number(found[1]));
      });
      browser.once("exit", () => reject(new Error(`Chromium ended: ${printed}`)));
    });
    return {
      port,
      name: "localhost",
      args: { page: PAGE },
      check(answer) {
        const { before, after, png, pngChars } = JSON.parse(answer) as Record<string, unknown>;
        assert.deepEqual([before, after, png], ["click", "clicked", "iVBORw0K"]);
        assert.ok(Number(pngChars) > 1_000);
      },
      async [Symbol.asyncDispose]() {
        browser.kill("SIGKILL");
        await new Promise((resolve) => browser.once("close", resolve));
        await rm(profile, { recursive: true, force: true });
      },
    };
  },
};
