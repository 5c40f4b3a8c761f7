/**
 * Policy: may this plugin do this? The one place that answers.
 *
 * Pure. Three outcomes: allowed, with exactly what is allowed; denied, with the rule and the fix; ask, with
 * what a yes would allow. Nothing is allowed that no right names, but a plugin's own storage.
 */
import type { EffectRequest, FileEffect, HttpRequestEffect, StorageEffect } from "#host/base/effect.ts";
import { decideFile } from "./decide-file.ts";
import { decideHttp } from "./decide-http.ts";
import { decideStorage } from "./decide-storage.ts";
import type { DecisionWith, Facts, FilePass, HttpPass, StoragePass } from "./policy.ts";

export function decide(facts: Facts, request: HttpRequestEffect): DecisionWith<HttpPass>;
export function decide(facts: Facts, request: FileEffect): DecisionWith<FilePass>;
export function decide(facts: Facts, request: StorageEffect): DecisionWith<StoragePass>;
export function decide(facts: Facts, request: EffectRequest): DecisionWith<HttpPass | FilePass | StoragePass>;
export function decide(
  facts: Facts,
  request: EffectRequest,
): DecisionWith<HttpPass | FilePass | StoragePass> {
  if (request.kind === "http.request") return decideHttp(facts, request);
  return isStorage(request) ? decideStorage(facts, request) : decideFile(facts, request);
}

export function isStorage(request: EffectRequest): request is StorageEffect {
  return request.kind.startsWith("storage.");
}
