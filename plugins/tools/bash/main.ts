/**
 * `bash`: a shell over the workspace.
 *
 * The shell and the usual text tools are a library inside this isolate; its files are the broker's, so that the tool is
 * of use with no program granted. Real programs are those that the owner lists, run by the host. Every program that a
 * script names is known before the script starts, or nothing of it runs.
 */
import { defineTool, type ToolContext, type ToolResult } from "openclaw/sdk";
import { Bash, defineCommand, getCommandNames, InMemoryFs, MountableFs } from "just-bash/browser";
import { MOUNT } from "./mount.ts";
import { joinOutput } from "./output.ts";
import { createPrograms, programNames } from "./programs.ts";
import { watchPauses, type Watch } from "./pauses.ts";
import { MISSING, unknownPrograms, withPauses } from "./script.ts";
import { createWorkspaceFs } from "./workspace-fs.ts";

const MiB = 1024 * 1024;
const DEFAULT_SECONDS = 120;
const MAX_SECONDS = 580;

/** Within the isolate's own heap and slice of time. A script that needs more needs a real program. */
const LIMITS = {
  maxSourceBytes: 256 * 1024,
  maxCommandCount: 100_000,
  maxLoopIterations: 10_000,
  maxAwkIterations: 50_000,
  maxSedIterations: 20_000,
  maxJqIterations: 50_000,
  maxBraceExpansionResults: 20_000,
  maxStringLength: 2 * MiB,
  maxHeredocSize: 1 * MiB,
  maxOutputSize: 2 * MiB,
  maxLiveBytes: 48 * MiB,
  maxInputBytes: 64 * MiB,
  maxArchiveBytes: 32 * MiB,
};

const OWN = getCommandNames() as NonNullable<NonNullable<ConstructorParameters<typeof Bash>[0]>["commands"]>;

/** Outside of the workspace: memory, for as long as the session's isolate lives. */
const scratch = new InMemoryFs({}, { maxTotalBytes: 16 * MiB });

export default defineTool({
  name: "bash",
  description: `Run a bash script. The workspace is ${MOUNT}, where it starts; files elsewhere are temporary. The usual text tools are there (ls, cat, grep, rg, find, sed, awk, sort, jq, diff, gzip …), no network; other programs only if the owner granted them. Loops are bounded.`,
  parameters: {
    type: "object",
    properties: {
      command: { type: "string", description: "The script" },
      timeout: { type: "integer", minimum: 1, maximum: MAX_SECONDS, description: "Seconds" },
      background: {
        type: "boolean",
        format: "openclaw-background",
        description: "Answer at once and go on; the tool process tells how it goes",
      },
    },
    required: ["command"],
    additionalProperties: false,
  },
  async execute({ command, background = false, ...given }, ctx) {
    const timeout = given.timeout ?? (background ? MAX_SECONDS : DEFAULT_SECONDS);
    const programs = programNames(ctx.config["commands"]);
    const late = AbortSignal.timeout(timeout * 1000);
    using watch = watchPauses();
    const signal = AbortSignal.any([ctx.signal, late, watch.signal]);
    const refusals = new Set<string>();
    const shell = createShell(ctx, { signal, programs, refusals, coverage: watch });
    const checked = check(shell, command, programs);
    if (!checked.ok) return refusal(checked.reason);
    const started = performance.now();
    try {
      const { stdout, stderr, exitCode } = await shell.exec(command, { signal, rawScript: true });
      ctx.signal.throwIfAborted();
      const stopped = late.aborted ? timedOut(timeout) : watch.signal.aborted ? NO_PAUSE : null;
      if (stopped !== null) return refusal(joinOutput({ stdout, stderr, notes: [stopped] }));
      const notes = [
        ...refusals,
        ...hints(stderr, programs),
        ...(exitCode === 0 ? [] : [`exit code ${exitCode}`]),
      ];
      const text = joinOutput({ stdout, stderr, notes });
      const durationMs = Math.round(performance.now() - started);
      return { content: [{ type: "text", text }], details: { exitCode, durationMs } };
    } catch (thrown) {
      ctx.signal.throwIfAborted();
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      const other = watch.signal.aborted ? NO_PAUSE : `the script broke off: ${why}`;
      const end = late.aborted ? timedOut(timeout) : other;
      return refusal(joinOutput({ stdout: "", stderr: "", notes: [...refusals, end] }));
    }
  },
});

interface ShellNeeds {
  readonly signal: AbortSignal;
  readonly programs: readonly string[];
  /** What the host refused, in its words. */
  readonly refusals: Set<string>;
  readonly coverage: Pick<Watch, "hit">;
}

function createShell(ctx: ToolContext, { signal, programs, refusals, coverage }: ShellNeeds): Bash {
  const workspace = createWorkspaceFs(ctx.files, (message) => void refusals.add(message));
  const fs = new MountableFs({ base: scratch, mounts: [{ mountPoint: MOUNT, filesystem: workspace }] });
  const onOutput = createProgress(ctx);
  const shell = new Bash({
    fs,
    cwd: MOUNT,
    env: { HOME: MOUNT, USER: "agent", TMPDIR: "/tmp", PATH: "/usr/bin:/bin" },
    commands: OWN,
    customCommands: [pause(), ...createPrograms(programs, { commands: ctx.commands, signal, onOutput })],
    executionLimits: LIMITS,
    coverage,
    // It would patch the isolate's own globals, and guards a host that this isolate does not have.
    defenseInDepth: false,
  });
  const pausing = shell.transform(`${PAUSE} $?`).ast.statements[0];
  if (pausing !== undefined) {
    shell.registerTransformPlugin({
      name: "pauses",
      transform: ({ ast }) => ({ ast: withPauses(ast, pausing) }),
    });
  }
  return shell;
}

const PAUSE = "__openclaw_pause";
/** Well below the slice of time that an isolate has. */
const PAUSE_AFTER_MS = 50;

/** Lets timers and the host's messages in, now and then, and leaves `$?` as it was. */
function pause() {
  let last = performance.now();
  return defineCommand(PAUSE, async ([status = "0"]) => {
    if (performance.now() - last > PAUSE_AFTER_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      last = performance.now();
    }
    return { stdout: "", stderr: "", exitCode: Number(status) };
  });
}

type Checked = { readonly ok: true } | { readonly ok: false; readonly reason: string };

function check(shell: Bash, script: string, programs: readonly string[]): Checked {
  try {
    const unknown = unknownPrograms(script, shell, new Set([...OWN, ...programs, PAUSE]));
    if (unknown.length === 0) return { ok: true };
    return {
      ok: false,
      reason: `Nothing was run: ${unknown.slice(0, SHOWN_PROGRAMS).map(howToGrant).join("; ")}`,
    };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return {
      ok: false,
      reason: `Nothing was run: the script cannot be parsed: ${why.slice(0, MAX_WHY_CHARS)}`,
    };
  }
}

/** An answer stays one that is read. */
const SHOWN_PROGRAMS = 5;
const MAX_NAME_CHARS = 80;
const MAX_WHY_CHARS = 500;

function howToGrant(long: string): string {
  const name = long.slice(0, MAX_NAME_CHARS);
  if (MISSING.has(name)) return `this shell has no "${name}"`;
  if (name === "curl" || name === "wget") return `"${name}" has no network here; use the tool web_fetch`;
  return `the program "${name}" is neither built in nor granted. Its owner can grant it by adding "${name}" to plugins.entries.bash.config.commands in openclaw.json`;
}

/** For programs whose names only came up while the script ran. */
function hints(stderr: string, programs: readonly string[]): string[] {
  const missing = [...stderr.matchAll(/(?:^|: )([\w.+-]+): command not found$/gm)].map(
    ([, name = ""]) => name,
  );
  return [...new Set(missing)].filter((name) => !programs.includes(name)).map(howToGrant);
}

const NO_PAUSE =
  "stopped: it kept the shell busy for too long at once. Loops in eval run without pauses: write the loop out, or do less";

function timedOut(seconds: number): string {
  return `stopped: it took longer than ${seconds} s. Raise timeout (at most ${MAX_SECONDS}), or do less at once`;
}

function refusal(text: string): ToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

const SHOWN_PROGRESS = 4_000;
const PROGRESS_MS = 250;

/** The end of what a real program has written so far. */
function createProgress({ update }: ToolContext): (text: string) => void {
  let shown = "";
  let last = 0;
  return (text) => {
    shown = (shown + text).slice(-SHOWN_PROGRESS);
    if (Date.now() - last < PROGRESS_MS) return;
    last = Date.now();
    update(shown);
  };
}
