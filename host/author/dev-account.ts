/**
 * The account of a channel under `plugin dev`: connected as the host connects them, with the terminal as its owner.
 *
 * Guarantees that what it hands over is parsed as the host does and shown once by its id, that each version of the code
 * is run anew by the same supervisor that keeps real accounts, and that a line typed goes out through `send`. What
 * is received is kept in memory only.
 */
import { randomUUID } from "node:crypto";
import type { AuthorEvent } from "#host/base/author.ts";
import type { Clock } from "#host/base/clock.ts";
import type { CallPort } from "#host/base/effect.ts";
import { asHostError, explain } from "#host/base/errors.ts";
import type { JsonObject, JsonValue } from "#host/base/json.ts";
import type { Log } from "#host/base/log.ts";
import { createAccounts, type AccountState } from "#host/delivery/accounts.ts";
import { parseEvent } from "#host/delivery/event.ts";
import { createMemoryInbox } from "#host/delivery/memory-inbox.ts";
import type { ChannelCallRequest, PluginCode, Sandboxes } from "#host/sandbox/contract.ts";
import type { ChannelEvent, SendResult } from "#host/sdk/message.ts";
import type { RunningPlugin } from "./dev.ts";

export interface DevAccountDeps {
  readonly sandboxes: Pick<Sandboxes, "callChannel" | "restartDelay">;
  readonly clock: Clock;
  readonly log: Log;
  readonly show: (event: AuthorEvent) => void;
}

export interface DevAccount {
  /** Runs this version's channel from now on; null, or a plugin without one, ends what runs. */
  took(running: RunningPlugin | null): void;
  /** What the account runs with; null if it does not run. */
  codeOf(plugin: string, account: string): PluginCode | null;
  /** Sends a line. False if it is none for a channel: there is no channel, or its first word is a tool. */
  say(line: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** What the account is called here. */
export const DEV_ACCOUNT = "dev";

export function createDevAccount(deps: DevAccountDeps): DevAccount {
  const { clock, show } = deps;
  const inbox = createMemoryInbox();
  let running: RunningPlugin | null = null;
  let said = "";
  let thrownLast = "";
  /** Where the service spoke last: a line that names nobody goes there. */
  let conversation: string | null = null;
  const accounts = createAccounts<PluginCode>({
    codeOf: ({ plugin }) => (running?.code.id === plugin ? running.code : null),
    runner: { callChannel: runAndTell, restartDelay: deps.sandboxes.restartDelay.bind(deps.sandboxes) },
    receive,
    onChange,
    clock,
    log: deps.log,
  });

  async function runAndTell(code: PluginCode, call: ChannelCallRequest): Promise<JsonValue> {
    try {
      return await deps.sandboxes.callChannel(code, call);
    } catch (thrown) {
      if (!call.signal.aborted) {
        thrownLast = asHostError(thrown).message;
        show({ type: "ended", ...told(thrown) });
      }
      throw thrown;
    }
  }

  async function receive(name: Parameters<typeof inbox.receive>[0], json: JsonObject) {
    const reply = await inbox.receive(name, json);
    const parsed = parseEvent(json);
    if (!reply.ok) show({ type: "not-received", reason: reply.failure.message });
    else if (parsed.ok) {
      conversation = parsed.event.conversation.id;
      show({ type: "received", ...summaryOf(parsed.event), isNew: reply.head.new === true });
    }
    return reply;
  }

  function onChange({ state, detail, nextTryAt }: AccountState): void {
    const line =
      state === "waiting" && nextTryAt !== null
        ? `it is started again in ${((nextTryAt - clock.now()) / 1_000).toFixed(1)} s, or by a save`
        : state === "starting" || state === "stopped"
          ? ""
          : detail;
    const next = `${state} ${line}`;
    if (next === said) return;
    said = next;
    // Why it ended was shown with the place where it was thrown.
    if (state !== "offline" || detail !== thrownLast) show({ type: "account", state, detail: line });
  }

  return {
    took(next) {
      const before = running;
      running = next?.version.description?.channel === undefined ? null : next;
      if (before !== null) void accounts.stop({ plugin: before.code.id, account: DEV_ACCOUNT });
      if (running !== null) accounts.start({ plugin: running.code.id, account: DEV_ACCOUNT });
    },
    codeOf: (plugin, account) => accounts.codeOf({ plugin, account }),
    async say(line) {
      const tools = running?.version.description?.tools ?? [];
      const [first = ""] = line.trim().split(/\s/, 1);
      if (running === null || tools.some(({ name }) => name === first)) return false;
      const [, named, rest] = /^\s*@(\S+)\s+(.*)$/s.exec(line) ?? [];
      const to = named ?? conversation;
      if (to === null) {
        const reason = "Nobody has written yet: say where it goes with @CONVERSATION TEXT";
        show({ type: "not-sent", to: "nobody", reason, stack: null });
      } else await send(running.code, to, rest ?? line);
      return true;
    },
    stop: () => accounts.stopAll(),
  };

  async function send(code: PluginCode, to: string, text: string): Promise<void> {
    const began = clock.monotonic();
    const message = { key: randomUUID(), conversation: to, text };
    try {
      const answer = await deps.sandboxes.callChannel(code, {
        account: DEV_ACCOUNT,
        name: "send",
        args: { account: DEV_ACCOUNT, message },
        callId: randomUUID(),
        port: NOTHING_MORE,
        signal: new AbortController().signal,
      });
      const result = sendResult(answer);
      if (result.ok) show({ type: "sent", to, ids: result.ids, ms: clock.monotonic() - began });
      else show({ type: "not-sent", to, reason: result.reason, stack: null });
    } catch (thrown) {
      show({ type: "not-sent", to, ...told(thrown) });
    }
  }
}

/** `send` has no use for the account's inbox; what it says of the line is not shown. */
const NOTHING_MORE: CallPort = {
  takes: ["channel.status"],
  perform: async () => ({ ok: true, head: {}, body: null }),
};

/** From an isolate: told as it is, where it is what the SDK has. */
function sendResult(answer: JsonValue): SendResult {
  const { ok, ids, reason, retryAfterMs, permanent } = (answer ?? {}) as JsonObject;
  if (ok === true && Array.isArray(ids) && ids.every((id) => typeof id === "string"))
    return { ok: true, ids: ids as readonly string[] };
  if (ok !== false || typeof reason !== "string")
    return { ok: false, reason: '"send" must give { ok: true, ids: [text] } or { ok: false, reason: text }' };
  const again = typeof retryAfterMs === "number" ? ` (again after ${retryAfterMs} ms)` : "";
  return { ok: false, reason: `${reason}${permanent === true ? " (for good)" : again}` };
}

function told(thrown: unknown): { readonly reason: string; readonly stack: string | null } {
  const error = asHostError(thrown);
  return { reason: explain(error), stack: typeof error.cause === "string" ? error.cause : null };
}

function summaryOf(event: ChannelEvent): { readonly from: string; readonly text: string } {
  const { sender, conversation } = event;
  const who = sender.name ?? sender.id;
  const where = conversation.title ?? conversation.id;
  const from = where === who || where === sender.id ? who : `${who} in ${where}`;
  switch (event.type) {
    case "message":
      return { from, text: [event.text, ...(event.media ?? []).map(mediaLine)].join("\n") };
    case "edit":
      return { from, text: `changed ${event.target}: ${event.text}` };
    case "delete":
      return { from, text: `deleted ${event.target}` };
    case "reaction":
      return {
        from,
        text: `${event.removed === true ? "took away" : "put"} ${event.emoji} (${event.target})`,
      };
  }
}

function mediaLine({ handle, mimeType, name }: { handle: string; mimeType: string; name?: string }): string {
  return `[${name ?? handle}, ${mimeType}]`;
}
