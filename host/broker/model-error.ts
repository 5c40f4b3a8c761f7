/** What a model's failure means for a plugin: a code and a sentence without the server's name, address or words. */
import type { EffectFailure } from "#host/base/effect.ts";
import { isAbort, HostError, type ErrorCode } from "#host/base/errors.ts";
import { aborted, EffectError } from "./failure.ts";

type Meaning = readonly [EffectFailure["code"], string];

const MEANINGS: Partial<Record<ErrorCode, Meaning>> = {
  "config.invalid": ["not-found", "the owner's model is not configured rightly"],
  "model.unreachable": ["network", "the owner's model cannot be reached"],
  "model.missing": ["not-found", "the owner's model is not there"],
  "model.refused": ["io", "the owner's model refused the request"],
  "model.broken": ["network", "the model's answer broke off"],
};

const FIX = "Try again later; the host's log says more";

export function modelError(thrown: unknown): EffectError {
  if (thrown instanceof EffectError) return thrown;
  if (isAbort(thrown)) return aborted();
  const [code, rule] = (thrown instanceof HostError ? MEANINGS[thrown.code] : undefined) ?? [
    "io",
    "the host failed",
  ];
  return new EffectError(code, `Cannot call the model: ${rule}`, { fix: FIX, cause: thrown });
}

/** Failures that come before a model has worked, if nothing of an answer has come. */
export function isUnspent(error: HostError | null): boolean {
  return error !== null && UNSPENT.has(error.code);
}

const UNSPENT: ReadonlySet<ErrorCode> = new Set([
  "config.invalid",
  "model.unreachable",
  "model.missing",
  "model.refused",
]);
