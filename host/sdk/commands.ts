/** `ctx.commands`: programs that the manifest declares and the owner granted, each run in a sandbox of its own. */

/**
 * A command is a program and its arguments; no shell reads them. It sees the plugin's granted folders, its own empty
 * `/tmp`, the system's programs and nothing else: no network, no other processes, no variables but those given here.
 *
 * Both methods reject with an `Error` whose `code` is `denied`, `not-found`, `too-large`, `timeout`, `io` or
 * `invalid`, and whose message names the command and the rule. How the program itself ended is no error:
 * look at `exitCode`, which is 128 and the signal's number where a signal ended it.
 */
export interface PluginCommands {
  /** Runs a program to its end. Rejects with `too-large` if it writes more than `maxOutputBytes`. */
  run(
    command: string,
    args?: readonly string[],
    options?: CommandOptions & {
      /** Bytes of both outputs together; 1 MiB if left out. */
      readonly maxOutputBytes?: number;
    },
  ): Promise<CommandResult>;
  /**
   * Runs a program and gives its output as it comes, in order, `exit` last. It is read no faster than the loop runs,
   * and leaving the loop early ends the program and all that it started.
   */
  stream(
    command: string,
    args?: readonly string[],
    options?: CommandOptions,
  ): AsyncIterableIterator<CommandEvent>;
}

/** How a program is run. */
export interface CommandOptions {
  /** Written to the program's standard input, which is empty without it. */
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Variables; the manifest names those that may be set. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder to run in, written as for `ctx.files`; the workspace if the plugin may see it, else `/tmp`. */
  readonly cwd?: string;
  /** Ends the program, at once. */
  readonly signal?: AbortSignal;
}

/** How a program ended, and what it wrote. */
export interface CommandResult {
  readonly exitCode: number;
  /** UTF-8; use `stream` for bytes. */
  readonly stdout: string;
  readonly stderr: string;
}

/** What a running program does, in order; `exit` comes last. */
export type CommandEvent =
  | { readonly type: "stdout" | "stderr"; readonly bytes: Uint8Array }
  | { readonly type: "exit"; readonly exitCode: number };
