/**
 * Policy: may this plugin do this? The one place that answers.
 *
 * Pure. Three outcomes: allowed, with exactly what is allowed; denied, with the rule and the fix; ask, with
 * what a yes would allow. Nothing is allowed that no right names.
 */
import type { EffectRequest, HttpRequestEffect } from "#host/base/effect.ts";
import { decideFile } from "./decide-file.ts";
import { decideHttp } from "./decide-http.ts";
import type { DecisionWith, Facts, FileEffect, FilePass, HttpPass } from "./policy.ts";

export function decide(facts: Facts, request: HttpRequestEffect): DecisionWith<HttpPass>;
export function decide(facts: Facts, request: FileEffect): DecisionWith<FilePass>;
export function decide(facts: Facts, request: EffectRequest): DecisionWith<HttpPass | FilePass> {
  return request.kind === "http.request" ? decideHttp(facts, request) : decideFile(facts, request);
}
