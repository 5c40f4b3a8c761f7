/**
 * Commands, done: each once the gate has let it through, in a sandbox made for it alone.
 *
 * Refuses one for which no sandbox can be built, and more at once than the machine is to bear. Ends all of them when
 * it is closed.
 */
import type { CommandRunEffect, EffectContext, EffectReply } from "#host/base/effect.ts";
import { asHostError } from "#host/base/errors.ts";
import { COMMANDS } from "#host/base/limits.ts";
import type { Log } from "#host/base/log.ts";
import type { Wall } from "#host/base/wall.ts";
import type { PathRoots } from "#manifests/paths.ts";
import { deedOf } from "../describe.ts";
import { aborted, EffectError } from "../failure.ts";
import type { CommandPass } from "../policy.ts";
import type { CommandLimits } from "./command-limits.ts";
import { createCommandSandbox } from "./command-sandbox.ts";
import type { CommandConfinement } from "./confinement.ts";
import { findMounts } from "./find-mounts.ts";
import { newMark } from "./guard.ts";
import { findProgram, PROGRAM_FOLDERS } from "./program.ts";
import { NotBegun, RunningCommand } from "./running-command.ts";
import { carried } from "./variables.ts";

export interface CommandCall {
  readonly plugin: string;
  readonly effect: CommandRunEffect;
  readonly pass: CommandPass;
  readonly roots: PathRoots;
  readonly context: Pick<EffectContext, "body" | "signal">;
}

export interface CommandRunner {
  /** Resolves once the command runs; the reply's body is its output (`CommandRunEffect`). */
  run(call: CommandCall): Promise<EffectReply>;
  /** Ends a plugin's commands. */
  forget(plugin: string): void;
  /** Tries whether a sandbox for commands can be built. */
  probe(): Promise<Wall>;
  wall(): Wall;
  close(): void;
}

export interface CommandRunnerDeps {
  readonly log: Log;
  readonly limits?: Partial<CommandLimits>;
  readonly confinements?: readonly CommandConfinement[];
}

export function createCommandRunner(deps: CommandRunnerDeps): CommandRunner {
  return new SandboxedCommands(deps);
}

class SandboxedCommands implements CommandRunner {
  readonly #deps: CommandRunnerDeps;
  readonly #limits: CommandLimits;
  readonly #sandbox: ReturnType<typeof createCommandSandbox>;
  /** What runs or is about to, with the plugin that it runs for. */
  readonly #open = new Map<AbortController, string>();
  #isClosed = false;

  constructor(deps: CommandRunnerDeps) {
    this.#deps = deps;
    this.#limits = { ...COMMANDS, ...deps.limits };
    this.#sandbox = createCommandSandbox(this.#limits, deps.confinements);
  }

  async run(call: CommandCall): Promise<EffectReply> {
    const { plugin, context } = call;
    if (this.#isClosed) throw aborted();
    this.#refuseMore(plugin, call.effect);
    const ending = new AbortController();
    this.#open.set(ending, plugin);
    const signal = AbortSignal.any([context.signal, ending.signal]);
    const over = () => void this.#open.delete(ending);
    try {
      const command = await this.#start(call, signal);
      void command.gone().then(over);
      void command.feed(context.body);
      return { ok: true, head: {}, body: command.output() };
    } catch (thrown) {
      over();
      throw signal.aborted ? aborted() : thrown;
    }
  }

  forget(plugin: string): void {
    for (const [ending, owner] of this.#open) if (owner === plugin) ending.abort();
  }

  async probe(): Promise<Wall> {
    await this.#sandbox.find();
    return this.#sandbox.wall();
  }

  wall(): Wall {
    return this.#sandbox.wall();
  }

  close(): void {
    this.#isClosed = true;
    for (const ending of this.#open.keys()) ending.abort();
  }

  #refuseMore(plugin: string, effect: CommandRunEffect): void {
    const { perPlugin, atOnce } = this.#limits;
    const own = [...this.#open.values()].filter((owner) => owner === plugin).length;
    if (own < perPlugin && this.#open.size < atOnce) return;
    const count =
      own < perPlugin ? `${atOnce} commands run` : `"${plugin}" has ${perPlugin} commands running`;
    throw new EffectError("denied", `Cannot ${deedOf(effect)}: ${count} already`, {
      fix: "Wait for one to end",
    });
  }

  async #start({ effect, pass, roots }: CommandCall, signal: AbortSignal): Promise<RunningCommand> {
    const found = await this.#sandbox.find();
    const deed = deedOf(effect);
    if (!found.ok) {
      this.#deps.log.warn("A command was refused: it cannot be confined", { reasons: found.reasons });
      throw new EffectError("denied", `Cannot ${deed}: this host has no sandbox to run commands in`, {
        fix: found.fix,
      });
    }
    const program = findProgram(effect.command, roots);
    const mounts = findMounts(effect.command, pass.plan.mounts);
    const mark = newMark();
    const limits = { ...this.#limits, outputBytes: Math.min(this.#limits.outputBytes, pass.maxBytes) };
    const { masks } = pass.plan;
    const argv = found.confinement.argvFor({
      program,
      args: effect.args,
      variables: Object.keys(effect.env).length,
      cwd: pass.cwd,
      mounts,
      masks,
      mark,
      limits,
    });
    const env = { ...BASE_VARIABLES, ...carried(effect.env) };
    const command = new RunningCommand({ argv, env, mark, deed, limits, signal });
    try {
      await command.begun();
      return command;
    } catch (thrown) {
      command.kill();
      throw this.#notBegun(deed, thrown);
    }
  }

  #notBegun(deed: string, thrown: unknown): unknown {
    if (!(thrown instanceof NotBegun)) return thrown;
    this.#deps.log.error("A command's sandbox could not be built", { error: asHostError(thrown) });
    return new EffectError(
      "io",
      `Cannot ${deed}: its sandbox could not be built, and the host's log says why`,
    );
  }
}

/** All that a command knows of an environment but what it declared; it cannot declare the first two. */
const BASE_VARIABLES = { PATH: PROGRAM_FOLDERS.join(":"), HOME: "/tmp", LANG: "C.UTF-8" };
