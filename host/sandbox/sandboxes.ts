/**
 * All sandboxes of the host: which group runs where, calls into plugins, and the walls as they were found.
 *
 * Guarantees the error codes that `contract.ts` lists, and that after `stop` no sandbox process is left.
 */
import { accountKey, routesKey } from "#host/base/account.ts";
import { HostError } from "#host/base/errors.ts";
import type { JsonValue } from "#host/base/json.ts";
import type { Wall } from "#host/base/wall.ts";
import type { ToolResult } from "#host/sdk/tool.ts";
import { parseDescription, parseToolResult } from "./answers.ts";
import type {
  ChannelCallRequest,
  PluginCode,
  PluginDescription,
  RouteCallRequest,
  Sandboxes,
  ToolCallRequest,
} from "./contract.ts";
import { CallTurns } from "./call-turns.ts";
import { CrashLedger } from "./crash-ledger.ts";
import type { Launcher } from "./launcher.ts";
import { SandboxProcess, type ProcessDeps } from "./sandbox-process.ts";
import { TrustGroup } from "./trust-group.ts";
import { wallsAsFound, type Findings } from "./walls.ts";

export interface SandboxesDeps extends ProcessDeps {
  readonly launcher: Launcher;
}

const NEVER = new AbortController().signal;
/** No run of the agent's caused it. */
const OUTSIDE_A_RUN = { run: null, onUpdate: () => {} } as const;

function accountEnded(plugin: string): HostError {
  return new HostError("aborted", `The account of "${plugin}" was ended`);
}

/** An account shares its process with nobody: it holds keys, and what brings it down is its own. */
function placeOf(code: PluginCode, account: string | null): { code: PluginCode; session: string } {
  if (account === null) return { code, session: routesKey(code.id) };
  const session = accountKey({ plugin: code.id, account });
  return { code: { ...code, trustGroup: session }, session };
}

export function createSandboxes(deps: SandboxesDeps): Sandboxes {
  return new AllSandboxes(deps);
}

class AllSandboxes implements Sandboxes {
  readonly #deps: SandboxesDeps;
  readonly #ledger: CrashLedger;
  readonly #turns = new CallTurns();
  readonly #groups = new Map<string, TrustGroup>();
  readonly #processes = new Set<SandboxProcess>();
  /** Started to try the walls; the first group that needs a process gets it. */
  #spare: Spare | null = null;
  #found: Pick<Findings, "ready" | "probed" | "residentBytes"> = {
    ready: null,
    probed: null,
    residentBytes: null,
  };
  #isolated = false;
  #stopped = false;

  constructor(deps: SandboxesDeps) {
    this.#deps = deps;
    this.#ledger = new CrashLedger(deps.limits);
  }

  describe(code: PluginCode): Promise<PluginDescription> {
    return this.#groupOf(code).withoutSession(code, async (isolate) => {
      this.#isolated = true;
      const value = await isolate.call({
        entry: "describe",
        name: "",
        args: {},
        run: null,
        callId: null,
        signal: NEVER,
        onUpdate: () => {},
      });
      return parseDescription(value, code.id);
    });
  }

  callTool(code: PluginCode, request: ToolCallRequest): Promise<ToolResult> {
    const { run, callId, tool, args, signal, onUpdate } = request;
    const call = () =>
      this.#groupOf(code).withSession(code, run.sessionKey, signal, async (isolate) => {
        this.#isolated = true;
        const value = await isolate.call({
          entry: "tool",
          name: tool,
          args,
          run: run.runId,
          callId,
          signal,
          onUpdate,
        });
        return parseToolResult(value, tool);
      });
    return this.#turns.take(code, signal, call);
  }

  async callRoute(code: PluginCode, request: RouteCallRequest): Promise<void> {
    const { account, args, callId, port, signal } = request;
    const place = placeOf(code, account);
    await this.#groupOf(place.code).withSession(place.code, place.session, signal, (isolate) => {
      this.#isolated = true;
      return isolate.call({ ...OUTSIDE_A_RUN, entry: "route", name: "", args, callId, port, signal });
    });
  }

  callChannel(code: PluginCode, request: ChannelCallRequest): Promise<JsonValue> {
    const { account, name, args, callId, port, signal } = request;
    const place = placeOf(code, account);
    const { stopGraceMs } = this.#deps.limits;
    return this.#groupOf(place.code).withSession(place.code, place.session, signal, (isolate) => {
      this.#isolated = true;
      const spec = { ...OUTSIDE_A_RUN, entry: "channel", name, args, callId, port, signal } as const;
      if (name !== "run") return isolate.call(spec);
      // The next one starts afresh: with the settings of then, and without what this one left running.
      return isolate.call({ ...spec, stopGraceMs }).finally(() => isolate.close(accountEnded(code.id)));
    });
  }

  restartDelay(code: PluginCode): number {
    return this.#ledger.delay(code, this.#deps.clock.monotonic());
  }

  retire(pluginId: string): void {
    for (const group of this.#groups.values()) group.retire(pluginId);
  }

  quarantineOf(code: PluginCode): string | null {
    return this.#ledger.quarantineOf(code);
  }

  async probe(): Promise<readonly Wall[]> {
    const process = await this.#anyProcess();
    this.#found = {
      ready: process.ready,
      probed: await process.probe(),
      residentBytes: await process.measure(),
    };
    return this.walls();
  }

  walls(): readonly Wall[] {
    const { rssMiB, watchIntervalMs } = this.#deps.limits;
    const around = this.#deps.launcher.wall();
    return wallsAsFound({ ...this.#found, around, isolated: this.#isolated, rssMiB, watchIntervalMs });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#spare?.idle);
    for (const group of this.#groups.values()) group.stop();
    const processes = [...this.#processes];
    for (const process of processes) process.kill(new HostError("aborted", "The host is stopping"));
    await Promise.all(processes.map((process) => process.exited));
  }

  #groupOf(code: PluginCode): TrustGroup {
    const known = this.#groups.get(code.trustGroup);
    if (known !== undefined) return known;
    const { log, clock, limits } = this.#deps;
    const takeProcess = () => this.#takeProcess();
    const group = new TrustGroup(code.trustGroup, { log, clock, limits, ledger: this.#ledger, takeProcess });
    this.#groups.set(code.trustGroup, group);
    return group;
  }

  #takeProcess(): Promise<SandboxProcess> {
    const spare = this.#spare;
    this.#spare = null;
    clearTimeout(spare?.idle);
    return spare?.process ?? this.#start();
  }

  #anyProcess(): Promise<SandboxProcess> {
    const [running] = this.#processes;
    if (running !== undefined) return Promise.resolve(running);
    this.#spare ??= this.#startSpare();
    return this.#spare.process;
  }

  #startSpare(): Spare {
    const starting = this.#start();
    const unneeded = () => {
      clearTimeout(idle);
      if (this.#spare?.process !== starting) return;
      this.#spare = null;
      starting.then((process) => process.kill(new HostError("aborted", "Nobody needed it"))).catch(() => {});
    };
    const idle = setTimeout(unneeded, this.#deps.limits.idleProcessMs);
    starting.then((process) => process.ended).then(unneeded, unneeded);
    return { process: starting, idle };
  }

  async #start(): Promise<SandboxProcess> {
    const process = new SandboxProcess(await this.#deps.launcher.launch(), this.#deps);
    if (this.#stopped) process.kill(new HostError("aborted", "The host is stopping"));
    this.#processes.add(process);
    void process.ended.then(() => this.#processes.delete(process));
    return process;
  }
}

interface Spare {
  readonly process: Promise<SandboxProcess>;
  readonly idle: ReturnType<typeof setTimeout>;
}
