/** The command runner, loaded when the first command is run or its sandbox is tried: most hosts run none. */
import type { Log } from "#host/base/log.ts";
import type { Wall } from "#host/base/wall.ts";
import type { CommandRunner, CommandRunnerDeps } from "./command-runner.ts";

export interface LazyCommandsDeps {
  readonly log: Log;
  readonly commandLimits?: CommandRunnerDeps["limits"];
  readonly commandConfinements?: CommandRunnerDeps["confinements"];
}

export interface LazyCommands extends Pick<CommandRunner, "probe" | "wall" | "forget" | "close"> {
  readonly load: () => Promise<CommandRunner>;
}

export function createLazyCommands({
  log,
  commandLimits,
  commandConfinements,
}: LazyCommandsDeps): LazyCommands {
  let runner: CommandRunner | null = null;
  let isClosed = false;
  const load = async () => {
    const { createCommandRunner } = await import("./command-runner.ts");
    runner ??= createCommandRunner({
      log,
      ...(commandLimits === undefined ? {} : { limits: commandLimits }),
      ...(commandConfinements === undefined ? {} : { confinements: commandConfinements }),
    });
    if (isClosed) runner.close();
    return runner;
  };
  return {
    load,
    probe: async () => (await load()).probe(),
    wall: () => runner?.wall() ?? UNTRIED,
    forget: (plugin) => runner?.forget(plugin),
    close() {
      isClosed = true;
      runner?.close();
    },
  };
}

const UNTRIED: Wall = { id: "commands", state: "unknown", detail: "No command has been run yet" };
