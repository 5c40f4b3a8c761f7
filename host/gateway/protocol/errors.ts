/** Errors as clients see them: OpenClaw's codes, and a mark for each that programs act on. */
import type { JsonObject } from "#host/base/json.ts";

export type WireCode = "INVALID_REQUEST" | "NOT_PAIRED" | "FORBIDDEN" | "UNAVAILABLE";

export interface ErrorShape {
  readonly code: WireCode;
  readonly message: string;
  /** `code` says which error it is; `fix`, where there is one, what to do. */
  readonly details?: JsonObject;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
}

export function invalidRequest(message: string, details?: JsonObject): ErrorShape {
  return { code: "INVALID_REQUEST", message, ...(details === undefined ? {} : { details }) };
}

export function missingScope(scope: string): ErrorShape {
  return {
    code: "FORBIDDEN",
    message: `missing scope: ${scope}`,
    details: { code: "MISSING_SCOPE", missingScope: scope, requiredScopes: [scope] },
  };
}
