/**
 * The functions of a channel inside the isolate: `run`, `send`, `backfill`, `login`, each as one call of the host's.
 *
 * What the channel tells the host (`receive`, `status`, the steps of a login) are effects of that very call.
 */
import { performEffect } from "./effect.ts";
import type { EffectFrame } from "#host/pipe/protocol.ts";
import type { ChannelContext, ChannelDefinition, ChannelStatus, LoginAnswer } from "#host/sdk/channel.ts";
import type { OutgoingMessage } from "#host/sdk/message.ts";
import type { ToolContext } from "#host/sdk/tool.ts";

type World = Omit<ToolContext, "update">;

interface ChannelCall {
  readonly account: string;
  readonly message?: OutgoingMessage;
  readonly since?: number;
}

/** `base`: for `run`, its effects go on when its signal has told it to stop. */
export async function callChannel(
  channel: ChannelDefinition,
  name: string,
  args: unknown,
  base: World,
): Promise<unknown> {
  const call = args as ChannelCall;
  const ctx = channelContext(call.account, base);
  if (name === "run") await channel.run(ctx);
  else if (name === "send") return checkSent(await channel.send(call.message as OutgoingMessage, ctx));
  else if (name === "backfill") await channel.backfill?.(Number(call.since), ctx);
  else if (name === "login") await login(channel, ctx);
  else throw new Error(`Cannot call "${name}" of a channel: there is no such function`);
  return null;
}

function channelContext(account: string, context: World): ChannelContext {
  return {
    ...context,
    account,
    async receive(event) {
      const { head } = await ask({ kind: "channel.receive", event: event as never });
      return { new: head.new === true };
    },
    status({ state, detail = "" }: ChannelStatus) {
      // Its order among the others is that of the calls; nobody waits for it.
      ask({ kind: "channel.status", state, detail: String(detail).slice(0, MAX_DETAIL_CHARS) }).catch(
        () => {},
      );
    },
  };
}

const MAX_DETAIL_CHARS = 1_000;

async function login(channel: ChannelDefinition, ctx: ChannelContext): Promise<void> {
  const steps = channel.login?.(ctx);
  if (steps === undefined) throw new Error(`Cannot log in to "${channel.id}": it has no login`);
  let step = await steps.next();
  while (step.done !== true) {
    const { head } = await ask({ kind: "channel.prompt", step: step.value as never });
    step = await steps.next(head.answer as LoginAnswer);
  }
}

async function ask(request: EffectFrame["request"]) {
  return performEffect({ request, body: null, signal: null, errorKind: Error });
}

function checkSent(result: unknown): unknown {
  if (typeof (result as { ok?: unknown } | null)?.ok === "boolean") return result;
  throw new TypeError(`Cannot use what "send" returned: return { ok: true, ids } or { ok: false, reason }`);
}
