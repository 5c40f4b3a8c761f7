/** `openclaw plugin dev` as a process, for tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../gateway-process.ts";

/** One running `plugin dev`: its lines in, what it prints out. */
export class Dev {
  readonly child: ChildProcess;
  #text = "";
  #read = 0;

  constructor(stateDir: string, args: readonly string[]) {
    const program = ["--no-env-file", join(root, "host", "main.ts"), "plugin", "dev", ...args];
    this.child = spawn(join(root, "dist", "bun"), program, {
      env: { PATH: process.env.PATH ?? "", HOME: stateDir, OPENCLAW_STATE_DIR: stateDir },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#text += text));
  }

  /** As Ctrl-C does: its folder for the time being goes with it. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGINT");
    await ended;
  }

  line(text: string): void {
    this.child.stdin?.write(`${text}\n`);
  }

  /** What came since the last match. */
  unread(): string {
    return this.#text.slice(this.#read);
  }

  /** Resolves with the first match behind the last one. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = performance.now() + 15_000;
    for (;;) {
      const found = pattern.exec(this.unread());
      if (found !== null) {
        this.#read += found.index + found[0].length;
        return found;
      }
      if (performance.now() > deadline) throw new Error(`${pattern} did not come; unread: ${this.unread()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
