/**
 * One account of a channel under test: the host's end of it, in the test's own isolate.
 *
 * `service` stands in for the chat service: the plugin's `fetch` goes to it. Without one, `fetch` is answered from
 * what was recorded, as in every test.
 */
import type { ChannelContext, ChannelStatus, DefinedChannel } from "./channel.ts";
import type { ChannelEvent, OutgoingMessage, SendResult } from "./message.ts";
import type { ToolContext } from "./tool.ts";

/** How an account is tested. */
export interface AccountOptions {
  /** The account's settings. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Answers the plugin's requests in place of the chat service. */
  readonly service?: (request: Request) => Response | Promise<Response>;
  /** Takes what the channel received, in place of the host's inbox. What it throws, `ctx.receive` rejects with. */
  readonly receive?: (event: ChannelEvent) => void | Promise<void>;
}

/** An account as a test drives it. */
export interface TestedAccount {
  /** What the channel handed over and the inbox took, in order. */
  readonly events: readonly ChannelEvent[];
  readonly statuses: readonly ChannelStatus[];
  /** What the plugin sent to `service`. */
  readonly requests: readonly Request[];
  /** Starts the channel's `run`; resolves or rejects when it ends. */
  run(): Promise<void>;
  /** Tells `run` to stop. */
  stop(): void;
  /** Resolves with the events once there are so many; rejects after two seconds without. */
  received(count: number): Promise<readonly ChannelEvent[]>;
  send(message: OutgoingMessage): Promise<SendResult>;
  backfill(since: number): Promise<void>;
}

const RECEIVE_MS = 2_000;

export function createAccount(
  plugin: DefinedChannel,
  ctx: ToolContext,
  options: AccountOptions = {},
): TestedAccount {
  const events: ChannelEvent[] = [];
  const statuses: ChannelStatus[] = [];
  const requests: Request[] = [];
  const stopping = new AbortController();
  const known = new Set<string>();
  if (options.service !== undefined) answerFetch(options.service, requests);
  const context: ChannelContext = {
    ...ctx,
    config: options.config ?? ctx.config,
    account: "test",
    signal: stopping.signal,
    async receive(event) {
      checkEvent(event);
      await options.receive?.(event);
      const isNew = !known.has(event.id);
      known.add(event.id);
      if (isNew) events.push(event);
      return { new: isNew };
    },
    status: (status) => void statuses.push(status),
  };
  const { channel } = plugin;
  return {
    events,
    statuses,
    requests,
    run: async () => channel.run(context),
    stop: () => stopping.abort(new Error("The account is to stop")),
    async received(count) {
      const deadline = Date.now() + RECEIVE_MS;
      while (events.length < count) {
        if (Date.now() > deadline) throw new Error(`Received ${events.length} events, expected ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return events;
    },
    send: async (message) => channel.send(message, { ...context, signal: ctx.signal }),
    async backfill(since) {
      if (channel.backfill === undefined) throw new Error(`The channel "${channel.id}" has no backfill`);
      await channel.backfill(since, { ...context, signal: ctx.signal });
    },
  };
}

function answerFetch(service: NonNullable<AccountOptions["service"]>, requests: Request[]): void {
  const fetch = async (...[input, init]: Parameters<typeof globalThis.fetch>): Promise<Response> => {
    const request = new Request(input as string, init);
    requests.push(request.clone() as Request);
    request.signal.throwIfAborted();
    const stopped = new Promise<never>((_, reject) =>
      request.signal.addEventListener("abort", () => reject(request.signal.reason)),
    );
    return Promise.race([service(request), stopped]);
  };
  Object.assign(globalThis, { fetch });
}

/** What the host would refuse, in its words for the field. */
function checkEvent(event: ChannelEvent): void {
  const { id, conversation, sender, sentAt } = event;
  const wrong = [
    ["id", isText(id)],
    ["conversation.id", isText(conversation?.id)],
    ["conversation.kind", ["direct", "group", "thread"].includes(conversation?.kind)],
    ["sender.id", isText(sender?.id)],
    ["sentAt", Number.isFinite(sentAt)],
    ["text", !("text" in event) || typeof event.text === "string"],
    ["target", !("target" in event) || isText(event.target)],
  ] as const;
  const [field] = wrong.find(([, isRight]) => !isRight) ?? [];
  if (field !== undefined)
    throw Object.assign(new Error(`Cannot receive the event: its "${field}" is not valid`), {
      code: "invalid",
    });
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
