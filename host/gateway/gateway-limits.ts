/** The gateway's numbers (host/base/limits.ts, GATEWAY) as a type, so that a test can pass its own. */
import type { GATEWAY } from "#host/base/limits.ts";

export type GatewayLimits = { readonly [Name in keyof typeof GATEWAY]: number };
