/**
 * Plugins' routes as the gateway calls them: the broker lets a request in, an isolate answers it.
 *
 * Guarantees that every exchange which was let in is concluded once, and that its caller hears no more of a failure than
 * whose it was. A client that goes away ends the call; once it has its whole answer, what is left of the call is not its
 * business any more.
 */
import { asHostError, type HostError } from "#host/base/errors.ts";
import type { InboundAnswer, InboundOutcome, InboundRefusal, InboundRequest } from "#host/base/inbound.ts";
import type { Log } from "#host/base/log.ts";
import type { Broker } from "#host/broker/broker.ts";
import type { OpenExchange } from "#host/broker/inbound/inbound.ts";
import type { RoutesPort } from "#host/gateway/ports.ts";
import type { Registry } from "#host/registry/contract.ts";
import type { PluginCode, Sandboxes } from "#host/sandbox/contract.ts";

export interface RoutesDeps {
  readonly inbound: Broker["inbound"];
  readonly registry: Pick<Registry, "codeOf">;
  readonly sandboxes: Pick<Sandboxes, "callRoute" | "quarantineOf">;
  /** The account as it runs now, with its own settings; null if it does not. */
  readonly accountCode: (plugin: string, account: string) => PluginCode | null;
  readonly log: Log;
}

export function createRoutes(deps: RoutesDeps): RoutesPort {
  return {
    async answer(request) {
      const { plugin, account } = request;
      const code = account === null ? deps.registry.codeOf(plugin) : deps.accountCode(plugin, account);
      const quarantine = code === null ? null : deps.sandboxes.quarantineOf(code);
      const opened = await deps.inbound.open(request, {
        quarantine,
        accountRuns: account === null || code !== null,
      });
      if (!opened.ok) return opened;
      if (code === null)
        return fail(opened.exchange, { status: 503, reason: `"${plugin}" cannot be run now` });
      return run(deps, code, request, opened.exchange);
    },
  };
}

async function run(
  { sandboxes, log }: RoutesDeps,
  code: PluginCode,
  request: InboundRequest,
  exchange: OpenExchange,
): Promise<InboundOutcome> {
  const { account, method, url, base } = request;
  const gone = new AbortController();
  const onGone = () => {
    if (!exchange.isOver()) gone.abort();
  };
  request.signal.addEventListener("abort", onGone, { once: true });
  if (request.signal.aborted) onGone();
  const { callId, port, hasBody } = exchange;
  const headers = exchange.headers.map(([name, value]): [string, string] => [name, value]);
  const args = { method, url, base, account, headers, hasBody };
  const call = sandboxes
    .callRoute(code, { account, args, callId, port, signal: gone.signal })
    .then(
      () => null,
      (thrown: unknown) => asHostError(thrown),
    )
    .then((error) => {
      request.signal.removeEventListener("abort", onGone);
      if (error === null || exchange.isOver()) exchange.conclude("done", "");
      else exchange.conclude("failed", error.message);
      if (error !== null) tell(log, code.id, error);
      return error;
    });
  const first = await Promise.race([exchange.answer, call]);
  if (first !== null && "status" in first) return { ok: true, answer: withFault(first, exchange) };
  return { ok: false, refusal: refusalOf(first, exchange) };
}

/** A plugin that answers although the body was not right is not listened to. */
function withFault(answer: InboundAnswer, exchange: OpenExchange): InboundAnswer {
  const fault = exchange.bodyFault();
  return fault === null ? answer : { ...answer, status: fault };
}

function refusalOf(error: HostError | null, exchange: OpenExchange): InboundRefusal {
  const fault = exchange.bodyFault();
  if (fault !== null) return { status: fault, reason: "The request's body was not right" };
  if (error === null) return { status: 502, reason: "The plugin did not answer" };
  const reason = error.message;
  switch (error.code) {
    case "plugin.deadline":
      return { status: 504, reason };
    case "plugin.refused":
    case "sandbox.unavailable":
      return { status: 503, reason, retryAfterMs: 60_000 };
    case "plugin.crashed":
      return { status: 502, reason };
    default:
      return { status: 500, reason };
  }
}

function fail(exchange: OpenExchange, refusal: InboundRefusal): InboundOutcome {
  exchange.conclude("failed", refusal.reason);
  return { ok: false, refusal };
}

function tell(log: Log, plugin: string, error: HostError): void {
  if (error.code === "aborted") return;
  log.warn("a route was not answered", { plugin, error });
}
