/**
 * Performing: from a plugin's request to its reply, through the gate.
 *
 * Never throws: what fails is a reply with a code, a sentence and a fix. What nobody foresaw is logged, and the
 * plugin learns only that the host failed.
 */
import type { Allowed } from "#host/base/decision.ts";
import type {
  CallEffect,
  CommandRunEffect,
  EffectContext,
  EffectIdentity,
  EffectReply,
  FileEffect,
  FileRenameEffect,
  HttpRequestEffect,
  LlmChatEffect,
  PerformEffect,
  SecretEffect,
  SocketEffect,
  StorageEffect,
} from "#host/base/effect.ts";
import { isAbort } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import type { CommandRunner } from "./commands/command-runner.ts";
import { storageOf } from "./account-storage.ts";
import { decideCall, isCallEffect, isQuiet } from "./decide-call.ts";
import { decide, isSecret, isSocket, isStorage } from "./decide.ts";
import { performHttp, type EgressDeps } from "./egress.ts";
import { aborted, EffectError } from "./failure.ts";
import type { Gate, Passage } from "./gate.ts";
import { performFile, performRename } from "./perform-file.ts";
import { performLlm, type LlmDeps } from "./perform-llm.ts";
import { performTcp, performWebSocket, type SocketDeps } from "./perform-socket.ts";
import { performStorage, type StorageDeps } from "./perform-storage.ts";
import type { Facts } from "./policy.ts";
import type { Secrets } from "./secrets/secrets.ts";

export interface PerformDeps {
  readonly gate: Gate;
  readonly egress: Omit<EgressDeps, "limits">;
  readonly sockets: Omit<SocketDeps, "limits">;
  readonly storage: StorageDeps;
  readonly secrets: Secrets;
  readonly llm: LlmDeps;
  readonly commands: () => Promise<CommandRunner>;
  readonly limits: BrokerLimits;
  /** What policy knows of this plugin now. Throws once nothing may be done any more. */
  readonly factsFor: (identity: EffectIdentity) => Facts;
  readonly log: Log;
}

export function createPerform(deps: PerformDeps): PerformEffect {
  return async (identity, request, context) => {
    try {
      if (context.signal.aborted) throw aborted();
      if (isCallEffect(request)) return await aboutCall(deps, identity, request, context);
      if (request.kind === "http.request") return await exchange(deps, identity, request, context);
      if (request.kind === "command.run") return await runCommand(deps, identity, request, context);
      if (request.kind === "llm.chat") return await callModel(deps, identity, request, context);
      if (isSocket(request)) return await openSocket(deps, identity, request, context);
      if (request.kind === "file.rename") return await moveFile(deps, identity, request, context);
      if (isSecret(request)) return await touchSecret(deps, identity, request, context);
      return isStorage(request)
        ? await touchStorage(deps, identity, request, context)
        : await touchFile(deps, identity, request, context);
    } catch (thrown) {
      return failed(thrown, deps.log);
    }
  };
}

/** The call's own side of what the host opened it for. */
async function aboutCall(
  { gate, factsFor }: PerformDeps,
  identity: EffectIdentity,
  request: CallEffect,
  { port, ...context }: EffectContext,
): Promise<EffectReply> {
  const decision = decideCall(factsFor(identity), request, port?.takes ?? []);
  if (decision.allowed && port !== undefined && isQuiet(request)) {
    return port.perform(identity, request, context);
  }
  const passage = await gate.enter({ identity, request, context }, decision);
  return concluded(passage, () => (port ?? noPort()).perform(identity, request, context));
}

function noPort(): never {
  throw new EffectError("denied", "Cannot do this: the call was not opened for it");
}

function exchange(
  deps: PerformDeps,
  identity: EffectIdentity,
  request: HttpRequestEffect,
  context: EffectContext,
): Promise<EffectReply> {
  const bound = deps.factsFor(identity).rights.limits.bytes ?? Number.POSITIVE_INFINITY;
  const limits = { ...deps.limits, maxResponseBytes: Math.min(deps.limits.maxResponseBytes, bound) };
  return performHttp(
    { ...deps.egress, limits },
    {
      identity,
      request,
      context,
      secretsFor: (url) => deps.secrets.forHop(deps.factsFor(identity), url),
      // Each hop is decided by what holds then: a yes may have been given, a right taken.
      enter: (hop, because) =>
        deps.gate.enter(
          { identity, request: hop, context, ...(because === undefined ? {} : { because }) },
          decide(deps.factsFor(identity), hop),
        ),
    },
  );
}

function openSocket(
  { gate, factsFor, sockets, secrets, ...deps }: PerformDeps,
  identity: EffectIdentity,
  request: SocketEffect,
  context: EffectContext,
): Promise<EffectReply> {
  const facts = factsFor(identity);
  const bound = facts.rights.limits.bytes ?? Number.POSITIVE_INFINITY;
  const limits = { ...deps.limits, maxMessageBytes: Math.min(deps.limits.maxMessageBytes, bound) };
  const arrival = { identity, request, context };
  if (request.kind === "socket.tcp") {
    const enter = () => gate.enter(arrival, decide(facts, request));
    return performTcp({ ...sockets, limits }, { identity, request, context, enter });
  }
  const enter = () => gate.enter(arrival, decide(facts, request));
  const secretsFor = (url: URL) => secrets.forHop(facts, url);
  return performWebSocket({ ...sockets, limits }, { identity, request, context, enter, secretsFor });
}

async function touchFile(
  deps: PerformDeps,
  identity: EffectIdentity,
  request: FileEffect,
  context: EffectContext,
): Promise<EffectReply> {
  const facts = deps.factsFor(identity);
  const passage = await deps.gate.enter({ identity, request, context }, decide(facts, request));
  return concluded(passage, () =>
    performFile(request, passage.pass, context.body, facts.roots, {
      signal: context.signal,
      maxBytes: Math.min(deps.limits.maxFileBytes, facts.rights.limits.bytes ?? Number.POSITIVE_INFINITY),
      maxEntries: deps.limits.maxListEntries,
    }),
  );
}

async function moveFile(
  { gate, factsFor, limits }: PerformDeps,
  identity: EffectIdentity,
  request: FileRenameEffect,
  context: EffectContext,
): Promise<EffectReply> {
  const passage = await gate.enter({ identity, request, context }, decide(factsFor(identity), request));
  return concluded(passage, async () =>
    performRename(request, passage.pass, {
      signal: context.signal,
      maxBytes: limits.maxFileBytes,
      maxEntries: limits.maxListEntries,
    }),
  );
}

async function touchStorage(
  { gate, factsFor, storage }: PerformDeps,
  identity: EffectIdentity,
  request: StorageEffect,
  context: EffectContext,
): Promise<EffectReply> {
  const passage = await gate.enter({ identity, request, context }, decide(factsFor(identity), request));
  const own = { ...storage, storage: storageOf(storage.storage, identity.session) };
  return concluded(passage, () => performStorage(identity.plugin, request, passage.pass, context, own));
}

async function runCommand(
  { gate, factsFor, commands }: PerformDeps,
  identity: EffectIdentity,
  effect: CommandRunEffect,
  context: EffectContext,
): Promise<EffectReply> {
  const facts = factsFor(identity);
  const { plugin } = identity;
  const passage = await gate.enter({ identity, request: effect, context }, decide(facts, effect));
  return concluded(passage, async () =>
    (await commands()).run({ plugin, effect, pass: passage.pass, roots: facts.roots, context }),
  );
}

function callModel(
  { gate, factsFor, llm, log }: PerformDeps,
  identity: EffectIdentity,
  request: LlmChatEffect,
  context: EffectContext,
): Promise<EffectReply> {
  const facts = factsFor(identity);
  return performLlm({ ...llm, gate, log }, { identity, request, context, facts });
}

async function touchSecret(
  { gate, factsFor, secrets }: PerformDeps,
  identity: EffectIdentity,
  request: SecretEffect,
  context: EffectContext,
): Promise<EffectReply> {
  const passage = await gate.enter({ identity, request, context }, decide(factsFor(identity), request));
  return concluded(passage, () => secrets.perform(identity.plugin, request, passage.pass, context.body));
}

/** Puts on record what became of the effect. */
async function concluded(
  passage: Passage<Allowed>,
  perform: () => Promise<EffectReply>,
): Promise<EffectReply> {
  try {
    const reply = await perform();
    passage.conclude("done");
    return reply;
  } catch (thrown) {
    passage.conclude("failed");
    throw thrown;
  }
}

function failed(thrown: unknown, log: Log): EffectReply {
  if (thrown instanceof EffectError) return { ok: false, failure: thrown.failure };
  if (isAbort(thrown)) return { ok: false, failure: aborted().failure };
  log.error("An effect failed inside the broker", { error: thrown });
  const message = "Cannot do this: the host failed, and its log says why";
  return { ok: false, failure: { code: "io", message } };
}
