/**
 * Accounts of channels that are to be connected: each one's `run` is kept going until it is told to stop.
 *
 * Guarantees that an account runs once at a time, that one which ends, throws or crashes is started again later each time
 * (the first crash at once), and that it is left alone when it is logged out or its plugin is quarantined, with the reason.
 * What it says of itself is believed about its state and nothing else. Refuses to store messages: its `receive` does.
 */
import { accountKey, type AccountName } from "#host/base/account.ts";
import type { Clock } from "#host/base/clock.ts";
import type { CallPort, ChannelStatusEffect, EffectReply } from "#host/base/effect.ts";
import { asHostError, type HostError } from "#host/base/errors.ts";
import type { JsonObject, JsonValue } from "#host/base/json.ts";
import { ACCOUNTS } from "#host/base/limits.ts";
import type { Log } from "#host/base/log.ts";

export interface AccountState extends AccountName {
  /** What the channel says of its line; `waiting` for its next try; `quarantined` until its code changes. */
  readonly state: "stopped" | "starting" | ChannelStatusEffect["state"] | "waiting" | "quarantined";
  /** One line for the owner; empty if there is nothing to say. */
  readonly detail: string;
  readonly lastError: string | null;
  /** Milliseconds since 1970; null if no try is due. */
  readonly nextTryAt: number | null;
}

/** Calls into the channel; `Code` is whatever the sandbox takes. */
export interface ChannelRunner<Code> {
  callChannel(
    code: Code,
    call: {
      readonly account: string;
      readonly name: "run";
      readonly args: JsonObject;
      readonly callId: null;
      readonly port: CallPort;
      readonly signal: AbortSignal;
    },
  ): Promise<JsonValue>;
  /** Milliseconds that a plugin which crashed has to wait. */
  restartDelay(code: Code): number;
}

export interface AccountsDeps<Code> {
  /** The plugin as it may run now, with the account's settings; null if it may not. */
  readonly codeOf: (name: AccountName) => Code | null;
  readonly runner: ChannelRunner<Code>;
  /** Resolves when the event is stored. */
  readonly receive: (name: AccountName, event: JsonObject) => Promise<EffectReply>;
  /** Hears of every change of an account's state. */
  readonly onChange?: (state: AccountState) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<AccountLimits>;
}

type AccountLimits = { readonly [Name in keyof typeof ACCOUNTS]: number };

export interface Accounts<Code> {
  /** Connects the account and keeps it connected. Nothing happens if that is so already. */
  start(name: AccountName): void;
  /** Resolves when its `run` has ended. */
  stop(name: AccountName): Promise<void>;
  /** The plugin or its settings changed: runs anew with them, also what was given up. */
  changed(plugin: string): void;
  list(): readonly AccountState[];
  /** What the account runs with now; null if it does not run. */
  codeOf(name: AccountName): Code | null;
  stopAll(): Promise<void>;
}

export function createAccounts<Code>(deps: AccountsDeps<Code>): Accounts<Code> {
  const accounts = new Map<string, Account<Code>>();
  const all = () => [...accounts.values()];
  return {
    start(name) {
      const key = accountKey(name);
      const known = accounts.get(key) ?? new Account(name, deps);
      accounts.set(key, known);
      known.start();
    },
    async stop(name) {
      await accounts.get(accountKey(name))?.stop();
    },
    changed(plugin) {
      for (const account of all()) if (account.state.plugin === plugin) account.again();
    },
    list: () => all().map(({ state }) => state),
    codeOf: (name) => accounts.get(accountKey(name))?.code ?? null,
    async stopAll() {
      await Promise.all(all().map((account) => account.stop()));
    },
  };
}

class Account<Code> {
  readonly #name: AccountName;
  readonly #deps: AccountsDeps<Code>;
  readonly #limits: AccountLimits;
  state: AccountState;
  code: Code | null = null;
  #wanted = false;
  #going: Promise<void> | null = null;
  /** Ends the present run, or the wait for the next one. */
  #interrupt = new AbortController();

  constructor(name: AccountName, deps: AccountsDeps<Code>) {
    this.#name = name;
    this.#deps = deps;
    this.#limits = { ...ACCOUNTS, ...deps.limits };
    this.state = { ...name, state: "stopped", detail: "", lastError: null, nextTryAt: null };
  }

  start(): void {
    this.#wanted = true;
    this.#going ??= this.#go().finally(() => {
      this.#going = null;
      this.#tell({ state: "stopped", nextTryAt: null });
    });
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    this.#interrupt.abort();
    await this.#going;
  }

  again(): void {
    this.#interrupt.abort();
  }

  async #go(): Promise<void> {
    let failures = 0;
    while (this.#wanted) {
      this.#interrupt = new AbortController();
      const { signal } = this.#interrupt;
      const began = this.#deps.clock.monotonic();
      const wait = await this.#run(signal, failures);
      failures = this.#deps.clock.monotonic() - began >= this.#limits.stableMs ? 0 : failures + 1;
      if (signal.aborted) failures = 0;
      else await this.#pause(wait, signal);
    }
  }

  /** One run; answers how long to wait after it, null for until something changes. */
  async #run(signal: AbortSignal, failures: number): Promise<number | null> {
    const { codeOf, runner, log } = this.#deps;
    const { account, plugin } = this.#name;
    const code = codeOf(this.#name);
    if (code === null) {
      this.#tell({ state: "waiting", detail: `"${plugin}" cannot be run now` });
      return null;
    }
    this.code = code;
    this.#tell({ state: "starting", detail: "", nextTryAt: null });
    try {
      const call = {
        account,
        name: "run",
        args: { account },
        callId: null,
        port: this.#port(),
        signal,
      } as const;
      await runner.callChannel(code, call);
      if (this.state.state === "logged-out") return null;
      this.#tell({ state: "offline", detail: "It ended by itself" });
      return this.#backOff(failures);
    } catch (thrown) {
      const error = asHostError(thrown);
      if (signal.aborted) return 0;
      log.warn("a channel's account ended", { plugin, account, error });
      return this.#afterError(error, code, failures);
    } finally {
      this.code = null;
    }
  }

  #afterError(error: HostError, code: Code, failures: number): number | null {
    const isLoggedOut = this.state.state === "logged-out";
    this.#tell({ lastError: error.message });
    if (error.code === "plugin.refused") {
      this.#tell({ state: "quarantined", detail: error.message });
      return null;
    }
    if (isLoggedOut) return null;
    this.#tell({ state: "offline", detail: error.message });
    // The sandbox's own ledger counts crashes: the first one costs nothing, and it says when to stop.
    return error.code === "plugin.crashed" ? this.#deps.runner.restartDelay(code) : this.#backOff(failures);
  }

  /** Doubled each time, and spread, so that accounts which fell together don't come back together. */
  #backOff(failures: number): number {
    const { firstRetryMs, maxRetryMs } = this.#limits;
    return Math.min(maxRetryMs, firstRetryMs * 2 ** failures) * (0.8 + 0.4 * Math.random());
  }

  async #pause(ms: number | null, signal: AbortSignal): Promise<void> {
    if (ms === 0) return;
    if (ms !== null) this.#tell({ state: "waiting", nextTryAt: Math.round(this.#deps.clock.now() + ms) });
    await new Promise<void>((resolve) => {
      const timer = ms === null ? undefined : setTimeout(resolve, ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #port(): CallPort {
    return {
      takes: ["channel.receive", "channel.status"],
      perform: async (_identity, request) => {
        if (request.kind === "channel.receive") return this.#deps.receive(this.#name, request.event);
        if (request.kind === "channel.status") this.#tell({ state: request.state, detail: request.detail });
        return { ok: true, head: {}, body: null };
      },
    };
  }

  #tell(change: Partial<AccountState>): void {
    this.state = { ...this.state, ...change };
    this.#deps.onChange?.(this.state);
  }
}
