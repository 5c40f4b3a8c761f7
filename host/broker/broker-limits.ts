/** The broker's bounds as numbers: those of `host/base/limits.ts`, or a test's own. */
import type { BROKER } from "#host/base/limits.ts";

export type BrokerLimits = { readonly [Key in keyof typeof BROKER]: number };
