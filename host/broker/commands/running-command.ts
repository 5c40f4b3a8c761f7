/**
 * One command while it runs: its process, its three streams, and its end.
 *
 * Guarantees that it is bounded in time, memory, tasks and output; that it and everything it started is gone when
 * its output ends, fails or is given up, at once and whatever it does with signals; and that it is read only as fast
 * as the plugin reads, and fed only as fast as it takes.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { EffectError } from "../failure.ts";
import { ownedStream, untilAborted } from "../owned-stream.ts";
import type { CommandLimits } from "./command-limits.ts";
import { encodeExit, encodeRecord, RECORDS } from "./output.ts";
import { countTasks } from "./task-watch.ts";

export interface CommandRun {
  /** Program and arguments, sandbox included. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The line on stderr with which the command begins. */
  readonly mark: string;
  /** For sentences: `run "git status"`. */
  readonly deed: string;
  readonly limits: CommandLimits;
  readonly signal: AbortSignal;
}

type Output = readonly [kind: 1 | 2, bytes: Uint8Array];
type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** The sandbox could not be built: nothing of the command has run. */
export class NotBegun extends Error {
  override readonly name = "NotBegun";
}

export class RunningCommand {
  readonly #run: CommandRun;
  readonly #child: Child;
  /** How it ended; null for a program that could not be started. */
  readonly #exit: Promise<number | null>;
  #failure: EffectError | null = null;
  #isOver = false;
  #stopWatch: () => void = () => undefined;
  #sent = 0;
  #firstError: Uint8Array = new Uint8Array();

  constructor(run: CommandRun) {
    const [program = "", ...args] = run.argv;
    this.#run = run;
    this.#child = spawn(program, args, {
      cwd: "/",
      env: { ...run.env },
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stdin.on("error", () => undefined); // it need not read what it is sent
    this.#exit = exitOf(this.#child);
    void this.#exit.then(() => this.#end());
    run.signal.addEventListener("abort", this.kill, { once: true });
    if (run.signal.aborted) this.kill();
  }

  /** Ends it and all that it started. */
  readonly kill = (): void => {
    const { pid } = this.#child;
    if (this.#isOver || pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
  };

  /** Resolves once the command itself runs. Rejects with NotBegun, whose message is for the log alone. */
  async begun(): Promise<void> {
    const patience = setTimeout(this.kill, this.#run.limits.startMs);
    const mark = Buffer.from(`${this.#run.mark}\n`);
    let seen = Buffer.alloc(0);
    const errors = this.#child.stderr;
    try {
      for (;;) {
        const at = seen.indexOf(mark);
        if (at !== -1) {
          this.#firstError = seen.subarray(at + mark.length);
          return this.#watch();
        }
        const more = await nextChunk(errors);
        if (more === null) throw new NotBegun(seen.toString().trim() || `exit code ${await this.#exit}`);
        seen = Buffer.concat([seen, more]);
      }
    } finally {
      clearTimeout(patience);
    }
  }

  /** Sends it its input. Never rejects: a command may stop reading whenever it likes. */
  async feed(body: AsyncIterable<Uint8Array>): Promise<void> {
    const { stdin } = this.#child;
    try {
      for await (const bytes of untilAborted(body, this.#run.signal)) {
        if (this.#isOver || stdin.destroyed) return;
        if (!stdin.write(bytes)) await Promise.race([anyOf(stdin, ["drain", "close", "error"]), this.#exit]);
      }
      stdin.end();
    } catch {
      this.#fail(new EffectError("aborted", `Cannot ${this.#run.deed}: its input broke off`));
    }
  }

  /** Records as they come, then the end. Read once. */
  output(): AsyncIterableIterator<Uint8Array> {
    const outputs = this.#outputs();
    let isAtEnd = false;
    const next = async (): Promise<Uint8Array | null> => {
      if (isAtEnd) return null;
      const { done, value } = await outputs.next();
      if (this.#failure !== null) throw this.#failure;
      if (done === true) {
        isAtEnd = true;
        return encodeExit((await this.#exit) ?? 127);
      }
      this.#count(value[1].length);
      return encodeRecord(...value);
    };
    return ownedStream(next, this.kill, this.#run.signal);
  }

  /** Whichever output has something, in turn. */
  async *#outputs(): AsyncGenerator<Output, void> {
    if (this.#firstError.length > 0) yield [RECORDS.stderr, this.#firstError];
    const read = async (kind: 1 | 2, stream: Readable) => ({ kind, stream, bytes: await nextChunk(stream) });
    const waiting = new Map([
      [RECORDS.stdout, read(RECORDS.stdout, this.#child.stdout)],
      [RECORDS.stderr, read(RECORDS.stderr, this.#child.stderr)],
    ]);
    while (waiting.size > 0) {
      const { kind, stream, bytes } = await Promise.race(waiting.values());
      waiting.delete(kind);
      if (bytes === null) continue;
      yield [kind, bytes];
      waiting.set(kind, read(kind, stream));
    }
  }

  #count(bytes: number): void {
    this.#sent += bytes;
    const { outputBytes } = this.#run.limits;
    if (this.#sent <= outputBytes) return;
    const tooMuch = `Cannot ${this.#run.deed} to its end: it wrote more than ${outputBytes} bytes`;
    throw this.#fail(new EffectError("too-large", tooMuch));
  }

  #watch(): void {
    const { limits, deed } = this.#run;
    const tooLong = `Cannot ${deed} to its end: it ran longer than ${limits.runMs} ms`;
    const deadline = setTimeout(() => this.#fail(new EffectError("timeout", tooLong)), limits.runMs);
    const looking = setInterval(() => this.#look(), limits.watchMs);
    this.#stopWatch = () => {
      clearTimeout(deadline);
      clearInterval(looking);
    };
    if (this.#isOver) this.#stopWatch();
  }

  #look(): void {
    const found = countTasks(this.#child.pid ?? 0, this.#run.limits.tasks);
    if (found === null) return;
    const { deed, limits } = this.#run;
    const excess =
      found.tasks > limits.tasks
        ? `it had more than ${limits.tasks} processes and threads`
        : found.residentBytes > limits.residentBytes
          ? `it held more than ${limits.residentBytes} bytes of memory`
          : null;
    if (excess !== null) this.#fail(new EffectError("too-large", `Cannot ${deed} to its end: ${excess}`));
  }

  #fail(failure: EffectError): EffectError {
    this.#failure ??= failure;
    this.kill();
    return this.#failure;
  }

  #end(): void {
    this.#isOver = true;
    this.#stopWatch();
    this.#run.signal.removeEventListener("abort", this.kill);
  }

  /** Resolves when its process is gone. */
  async gone(): Promise<void> {
    await this.#exit;
  }
}

/** As a shell has it: the exit code, or 128 and the signal's number. */
function exitOf(child: Child): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(null));
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

/** Null at the end. What the stream holds stays there until it is asked for, and the writer waits. */
async function nextChunk(stream: Readable): Promise<Buffer | null> {
  for (;;) {
    const chunk: unknown = stream.read();
    if (chunk !== null) return chunk as Buffer;
    if (stream.readableEnded || stream.destroyed) return null;
    await anyOf(stream, ["readable", "end", "close", "error"]);
  }
}

function anyOf(stream: Readable | Writable, events: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });
}
