/**
 * Policy: may this plugin do this? The one place that answers.
 *
 * Pure. Three outcomes: allowed, with exactly what is allowed; denied, with the rule and the fix; ask, with
 * what a yes would allow. Nothing is allowed that no right names, but a plugin's own storage. What a call does about
 * itself is decided in `decide-call.ts`, and who may call a plugin from outside in `decide-route.ts`.
 */
import type {
  CommandRunEffect,
  EffectRequest,
  FileEffect,
  FileRenameEffect,
  HttpRequestEffect,
  LlmChatEffect,
  SecretEffect,
  SocketEffect,
  SocketOpenEffect,
  StorageEffect,
  TcpConnectEffect,
  WorldEffect,
} from "#host/base/effect.ts";
import { decideCommand } from "./decide-command.ts";
import { decideFile } from "./decide-file.ts";
import { decideRename } from "./decide-rename.ts";
import { decideHttp } from "./decide-http.ts";
import { decideLlm } from "./decide-llm.ts";
import { decideSecret } from "./decide-secret.ts";
import { decideTcp, decideWebSocket } from "./decide-socket.ts";
import { decideStorage } from "./decide-storage.ts";
import type {
  CommandPass,
  DecisionWith,
  Facts,
  FilePass,
  HttpPass,
  LlmPass,
  RenamePass,
  SecretPass,
  StoragePass,
  TcpPass,
} from "./policy.ts";

export type Pass = CommandPass | HttpPass | FilePass | LlmPass | SecretPass | StoragePass | TcpPass;

export function decide(facts: Facts, request: HttpRequestEffect): DecisionWith<HttpPass>;
export function decide(facts: Facts, request: FileEffect): DecisionWith<FilePass>;
export function decide(facts: Facts, request: FileRenameEffect): DecisionWith<RenamePass>;
export function decide(facts: Facts, request: StorageEffect): DecisionWith<StoragePass>;
export function decide(facts: Facts, request: SocketOpenEffect): DecisionWith<HttpPass>;
export function decide(facts: Facts, request: TcpConnectEffect): DecisionWith<TcpPass>;
export function decide(facts: Facts, request: CommandRunEffect): DecisionWith<CommandPass>;
export function decide(facts: Facts, request: LlmChatEffect): DecisionWith<LlmPass>;
export function decide(facts: Facts, request: SecretEffect): DecisionWith<SecretPass>;
export function decide(facts: Facts, request: WorldEffect): DecisionWith<Pass>;
export function decide(facts: Facts, request: WorldEffect): DecisionWith<Pass> {
  if (request.kind === "http.request") return decideHttp(facts, request);
  if (request.kind === "command.run") return decideCommand(facts, request);
  if (request.kind === "llm.chat") return decideLlm(facts, request);
  if (request.kind === "socket.open") return decideWebSocket(facts, request);
  if (request.kind === "socket.tcp") return decideTcp(facts, request);
  if (request.kind === "file.rename") return decideRename(facts, request);
  if (isSecret(request)) return decideSecret(facts, request);
  return isStorage(request) ? decideStorage(facts, request) : decideFile(facts, request);
}

export function isSocket(request: EffectRequest): request is SocketEffect {
  return request.kind.startsWith("socket.");
}

export function isSecret(request: EffectRequest): request is SecretEffect {
  return request.kind.startsWith("secret.");
}

export function isStorage(request: EffectRequest): request is StorageEffect {
  return request.kind.startsWith("storage.");
}
