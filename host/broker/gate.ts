/**
 * The gate that every effect goes through, and every hop of a redirect again: decide, ask, audit.
 *
 * Lets through with a passage, or throws an EffectError. A passage is concluded with what became of the effect:
 * once, and an open socket a second time when it ends. What changes something outside (a write, a request other
 * than GET or HEAD, a socket), hands a secret out or spends the owner's tokens, is on record before it is done; if the
 * record can't be kept, it isn't done.
 */
import type { Allowed } from "#host/base/decision.ts";
import type { EffectContext, EffectIdentity, EffectRequest } from "#host/base/effect.ts";
import type { Asks } from "./asks.ts";
import type { AuditEntry } from "./audit-chain.ts";
import type { Audit } from "./audit.ts";
import { hashOf } from "./canonical.ts";
import { deedOf, describeAsk, targetOf } from "./describe.ts";
import { aborted, EffectError } from "./failure.ts";
import type { AskWith, DecisionWith } from "./policy.ts";

export interface Passage<Pass extends Allowed> {
  readonly pass: Pass;
  /** `note`: what there is to say of it, for the record. */
  conclude(outcome: "done" | "failed", note?: string): void;
}

/** One effect at the gate: who, what, and how long they wait. */
export interface Arrival {
  readonly identity: EffectIdentity;
  readonly request: EffectRequest;
  readonly context: Pick<EffectContext, "signal" | "pauseDeadline">;
  /** What led here, as a line for the owner, for example the redirect that is followed. */
  readonly because?: string;
}

export interface Gate {
  enter<Pass extends Allowed>(arrival: Arrival, decision: DecisionWith<Pass>): Promise<Passage<Pass>>;
}

export function createGate(deps: { readonly asks: Asks; readonly audit: Audit }): Gate {
  return {
    async enter(arrival, decision) {
      const record = entryFor(arrival);
      if (deps.audit.isFull()) {
        throw new EffectError("io", "Cannot do this: the audit cannot be written", {
          fix: "Look at the host's log for what is wrong with its store",
        });
      }
      if (arrival.context.signal.aborted) throw aborted();
      if (decision.allowed === false) {
        deps.audit.record(record("denied", "not-done", decision.reason));
        throw new EffectError("denied", decision.reason, { fix: decision.fix });
      }
      if (decision.allowed === true) return passage(deps.audit, arrival, decision, record, "allowed");
      await askOwner(deps, arrival, decision, record);
      return passage(deps.audit, arrival, decision.ifYes, record, "asked-allowed");
    },
  };
}

type Recorder = (
  decision: AuditEntry["decision"],
  outcome: AuditEntry["outcome"],
  reason?: string,
) => AuditEntry;

function entryFor({ identity, request }: Arrival): Recorder {
  const known = { ...identity, kind: request.kind, target: targetOf(request) };
  return (decision, outcome, reason = "") => ({ ...known, decision, outcome, reason });
}

async function passage<Pass extends Allowed>(
  audit: Audit,
  { request }: Arrival,
  pass: Pass,
  record: Recorder,
  how: "allowed" | "asked-allowed",
): Promise<Passage<Pass>> {
  if (isHighRisk(request)) {
    try {
      await audit.recordFirst(record(how, "not-done"));
    } catch (cause) {
      throw new EffectError("io", "Cannot do this: it could not be put on record first", {
        fix: "Look at the host's log for what is wrong with its store",
        cause,
      });
    }
  }
  return { pass, conclude: (outcome, note) => audit.record(record(how, outcome, note)) };
}

async function askOwner<Pass extends Allowed>(
  { asks, audit }: { readonly asks: Asks; readonly audit: Audit },
  { identity, request, context, because }: Arrival,
  decision: AskWith<Pass>,
  record: Recorder,
): Promise<void> {
  const refuse = (reason: string) => audit.record(record("asked-denied", "not-done", reason));
  try {
    const question = {
      ...describeAsk(identity, request, because),
      identity,
      scopes: decision.scopes,
      subject: decision.subject,
      hash: hashOf({ identity, request }),
    };
    const end = await asks.ask(question, context);
    if (end.startsWith("allow-")) return;
    throw new EffectError("denied", `Cannot ${deedOf(request)}: ${WHY_NOT[end] ?? "the owner said no"}`, {
      fix: "Ask the owner before trying again",
    });
  } catch (thrown) {
    refuse(thrown instanceof Error ? thrown.message : String(thrown));
    throw thrown;
  }
}

const WHY_NOT: Partial<Record<string, string>> = {
  expired: "the owner did not answer in time, and silence means no",
  cancelled: "the question was withdrawn before the owner answered",
};

const CHANGING = new Set<EffectRequest["kind"]>([
  "command.run",
  "file.mkdir",
  "file.remove",
  "file.rename",
  "file.write",
  "llm.chat",
  "secret.reveal",
]);

function isHighRisk(request: EffectRequest): boolean {
  if (request.kind === "http.request") return !/^(?:get|head)$/i.test(request.method);
  return CHANGING.has(request.kind) || request.kind.startsWith("socket.");
}
