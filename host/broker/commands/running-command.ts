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
import { watchBounds } from "./bounds.ts";
import type { CommandLimits } from "./command-limits.ts";
import { NOWHERE } from "./guard.ts";
import { encodeExit, encodeRecord, RECORDS } from "./output.ts";
import { keepForReader, nextChunk, readBoth, writeChunk } from "./streams.ts";

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

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** The sandbox could not be built: nothing of the command has run. Its message is for the log alone. */
export class NotBegun extends Error {
  override readonly name = "NotBegun";
}

export class RunningCommand {
  readonly #run: CommandRun;
  readonly #child: Child;
  /** The exit code; null for a program that could not be started. */
  readonly #exit: Promise<number | null>;
  #failure: EffectError | null = null;
  #isOver = false;
  #stopWatch: () => void = () => undefined;
  #sentBytes = 0;
  /** What came on stderr in one piece with the mark. */
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
    keepForReader(this.#child.stdout);
    keepForReader(this.#child.stderr);
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

  /** Resolves once the command itself runs. Rejects with NotBegun, or an EffectError where its folder is missing. */
  async begun(): Promise<void> {
    const patience = setTimeout(this.kill, this.#run.limits.startMs);
    try {
      this.#firstError = await this.#readToMark();
      this.#watch();
    } finally {
      clearTimeout(patience);
    }
  }

  /** Sends it its input. Never rejects: a command may stop reading whenever it likes. */
  async feed(body: AsyncIterable<Uint8Array>): Promise<void> {
    const { stdin } = this.#child;
    try {
      for await (const bytes of untilAborted(body, this.#run.signal)) {
        if (!(await writeChunk(stdin, bytes))) return;
      }
      stdin.end();
    } catch {
      this.#fail(new EffectError("aborted", `Cannot ${this.#run.deed}: its input broke off`));
    }
  }

  /** Records as they come, then the end. Read once. */
  output(): AsyncIterableIterator<Uint8Array> {
    const records = this.#records();
    const next = async () => {
      const { done, value } = await records.next();
      return done === true ? null : value;
    };
    return ownedStream(next, this.kill, this.#run.signal);
  }

  /** Resolves when its process is gone. */
  async gone(): Promise<void> {
    await this.#exit;
  }

  async *#records(): AsyncGenerator<Uint8Array, void> {
    const { stdout, stderr } = this.#child;
    if (this.#firstError.length > 0) yield this.#record(RECORDS.stderr, this.#firstError);
    for await (const [kind, bytes] of readBoth<1 | 2>([RECORDS.stdout, stdout], [RECORDS.stderr, stderr])) {
      yield this.#record(kind, bytes);
    }
    const exitCode = await this.#exit;
    if (this.#failure !== null) throw this.#failure;
    yield encodeExit(exitCode ?? NOT_STARTED);
  }

  #record(kind: 1 | 2, bytes: Uint8Array): Uint8Array {
    if (this.#failure !== null) throw this.#failure;
    this.#sentBytes += bytes.length;
    const { outputBytes } = this.#run.limits;
    if (this.#sentBytes <= outputBytes) return encodeRecord(kind, bytes);
    const tooMuch = `Cannot ${this.#run.deed} to its end: it wrote more than ${outputBytes} bytes`;
    throw this.#fail(new EffectError("too-large", tooMuch));
  }

  /** Answers what came behind the mark. */
  async #readToMark(): Promise<Uint8Array> {
    const { mark, deed } = this.#run;
    const line = Buffer.from(`${mark}\n`);
    let seen = Buffer.alloc(0);
    for (;;) {
      const at = seen.indexOf(line);
      if (at !== -1) return seen.subarray(at + line.length);
      const more = await nextChunk(this.#child.stderr);
      if (more === null) break;
      seen = Buffer.concat([seen, more]);
    }
    if (seen.includes(mark + NOWHERE)) {
      throw new EffectError("not-found", `Cannot ${deed}: the folder to run it in does not exist`);
    }
    throw new NotBegun(seen.toString().trim() || `exit code ${await this.#exit}`);
  }

  #watch(): void {
    if (this.#isOver) return;
    this.#stopWatch = watchBounds({
      pid: this.#child.pid ?? 0,
      deed: this.#run.deed,
      limits: this.#run.limits,
      onExcess: (failure) => this.#fail(failure),
    });
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
}

/** As a shell has it for a program that is not there. */
const NOT_STARTED = 127;

/** As a shell has it: the exit code, or 128 and the signal's number. */
function exitOf(child: Child): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(null));
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}
