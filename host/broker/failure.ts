/**
 * How an effect fails, inside the broker: as an exception that carries what the plugin may see of it.
 *
 * `perform` turns one into a reply. A body that breaks while it is read throws one, so whoever carries the
 * body on finds the code and the sentence in `failure`. Nothing in it names a path or an address that the
 * plugin did not name itself.
 */
import type { EffectFailure } from "#host/base/effect.ts";
import { HostError, type ErrorCode } from "#host/base/errors.ts";

const HOST_CODES: Record<EffectFailure["code"], ErrorCode> = {
  denied: "effect.denied",
  aborted: "aborted",
  "too-large": "limit.exceeded",
  "not-found": "effect.failed",
  exists: "effect.failed",
  timeout: "effect.failed",
  network: "effect.failed",
  io: "effect.failed",
  invalid: "effect.failed",
};

export interface EffectErrorOptions {
  readonly fix?: string;
  readonly cause?: unknown;
}

export class EffectError extends HostError {
  readonly failure: EffectFailure;

  constructor(code: EffectFailure["code"], message: string, options: EffectErrorOptions = {}) {
    super(HOST_CODES[code], message, options);
    this.failure = { code, message, ...(options.fix === undefined ? {} : { fix: options.fix }) };
  }
}

export function aborted(): EffectError {
  return new EffectError("aborted", "The call ended before this was done");
}
