/** The numbers of `base/limits.ts` that this room takes; a test may pass its own. */
import { PIPE, SANDBOX } from "#host/base/limits.ts";

export type SandboxLimits = { readonly [Name in keyof typeof SANDBOX]: number } & {
  readonly openEffects: number;
  readonly maxUnsentBytes: number;
  readonly maxNoticesPerSecond: number;
};

export const DEFAULT_LIMITS: SandboxLimits = {
  ...SANDBOX,
  openEffects: PIPE.openEffects,
  maxUnsentBytes: PIPE.maxUnsentBytes,
  maxNoticesPerSecond: PIPE.maxNoticesPerSecond,
};
