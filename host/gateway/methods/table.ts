/** Every method of the gateway, by name. hello-ok lists exactly these. */
import type { Clock } from "#host/base/clock.ts";
import type { PageAddress } from "#host/gateway/protocol/page.ts";
import type { HealthDeps } from "#host/gateway/health.ts";
import type { GatewayPorts } from "#host/gateway/ports.ts";
import type { RunLog } from "#host/gateway/run-log.ts";
import type { SessionsChanged } from "#host/gateway/protocol/sessions.ts";
import { agentMethod, waitMethod } from "./agent.ts";
import { approvalMethods } from "./approvals.ts";
import { auditMethods } from "./audit.ts";
import { agentMethods, modelsMethod, modelsStatusMethod, toolsMethod } from "./catalog.ts";
import { abortMethod, historyMethod, sendMethod } from "./chat.ts";
import type { AnyMethod } from "./method.ts";
import { ticketMethod } from "./page.ts";
import { pluginMethods } from "./plugins.ts";
import { secretMethods } from "./secrets.ts";
import { compactMethod, deleteMethod, listMethod, patchMethod, type SessionMethodDeps } from "./sessions.ts";
import { skillMethods } from "./skills.ts";
import { statusMethods } from "./status.ts";
import { subscriptionMethods } from "./subscriptions.ts";
import { usageMethods } from "./usage.ts";

export interface MethodDeps {
  readonly ports: GatewayPorts;
  readonly clock: Clock;
  readonly health: HealthDeps;
  readonly mintAddress: () => PageAddress;
  readonly sessionsChanged: (change: SessionsChanged) => void;
  readonly runs: Pick<RunLog, "wait">;
}

export function createMethods(deps: MethodDeps): ReadonlyMap<string, AnyMethod> {
  const { ports, clock, health } = deps;
  const sessions: SessionMethodDeps = {
    sessions: ports.sessions,
    chat: ports.chat,
    models: ports.models,
    clock,
    path: health.sessionsPath,
    changed: deps.sessionsChanged,
  };
  const all: readonly AnyMethod[] = [
    ...statusMethods(health),
    modelsMethod(ports.models),
    modelsStatusMethod(ports.models),
    toolsMethod(ports.plugins),
    ...agentMethods(ports.models),
    sendMethod(ports.chat),
    historyMethod(ports.chat, ports.models),
    abortMethod(ports.chat),
    agentMethod(ports.chat, clock),
    waitMethod(deps.runs),
    listMethod(sessions),
    patchMethod(sessions),
    compactMethod(sessions),
    deleteMethod(sessions),
    ...subscriptionMethods,
    ...pluginMethods(ports.plugins),
    ...skillMethods(ports.skills),
    ...approvalMethods(ports.approvals),
    ...auditMethods(ports.audit),
    ...usageMethods(ports.usage, clock),
    ...secretMethods(ports.secrets),
    ticketMethod(deps.mintAddress),
  ];
  return new Map(all.map((method) => [method.name, method]));
}
