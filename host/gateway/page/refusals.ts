/** Why the gateway did not let this page in, in words for its owner. Null for a first visit. */
import type { ErrorShape } from "./wire.ts";

const TEXTS: Readonly<Record<string, string>> = {
  AUTH_TOKEN_MISMATCH: "This browser is signed out: its cookie is no longer valid.",
  PROTOCOL_MISMATCH: "This page is older or newer than the gateway. Reload it.",
  CONTROL_UI_ORIGIN_NOT_ALLOWED:
    "The gateway does not accept pages from this address. Open it by the address that it prints at its start.",
  AUTH_RATE_LIMITED: "Too many tries failed. Wait a minute, then try again.",
};
/** Nothing was offered: the ordinary case of somebody who was never here. */
const FIRST_VISIT = new Set(["DEVICE_IDENTITY_REQUIRED", "AUTH_TOKEN_MISSING"]);

export function refusalText(error: ErrorShape): string | null {
  const code = String(error.details?.["code"] ?? "");
  if (FIRST_VISIT.has(code)) return null;
  return TEXTS[code] ?? error.message;
}
