/**
 * How a handshake is refused: the answer and the close code, in upstream's words, so that clients find their
 * way (protocol.md, "Handshake").
 */
import type { JsonObject } from "#host/base/json.ts";
import type { ConnectParams } from "./protocol/connect.ts";
import { invalidRequest, type ErrorShape } from "./protocol/errors.ts";
import { PROTOCOL_VERSION } from "./protocol/frames.ts";

/** Probes may be older by one version: they only ask whether somebody is there. */
export const OLDEST_PROBE = 3;

const CLOSE_POLICY = 1008;
const CLOSE_PROTOCOL = 1002;

export interface Refused {
  readonly admitted: false;
  readonly error: ErrorShape;
  readonly closeCode: number;
}

export function refuse(error: ErrorShape, closeCode = CLOSE_POLICY): Refused {
  return { admitted: false, error, closeCode };
}

export function refuseVersion(params: ConnectParams): Refused {
  const details = {
    code: "PROTOCOL_MISMATCH",
    clientMinProtocol: params.minProtocol,
    clientMaxProtocol: params.maxProtocol,
    expectedProtocol: PROTOCOL_VERSION,
    minimumProbeProtocol: OLDEST_PROBE,
  };
  return refuse(invalidRequest("protocol mismatch", details), CLOSE_PROTOCOL);
}

export function refuseToken(auth: ConnectParams["auth"], retryAfterMs: number | null): Refused {
  if (retryAfterMs !== null) {
    const error = unauthorized("too many failed authentication attempts (retry later)", {
      code: "AUTH_RATE_LIMITED",
      authReason: "rate_limited",
      recommendedNextStep: "wait_then_retry",
    });
    return refuse({ ...error, retryable: true, retryAfterMs });
  }
  const missing = auth.token === undefined && auth.password === undefined;
  if (missing && auth.deviceToken !== undefined) {
    return refuse(
      unauthorized("device token mismatch (rotate/reissue device token)", {
        code: "AUTH_DEVICE_TOKEN_MISMATCH",
        authReason: "device_token_mismatch",
        recommendedNextStep: "update_auth_credentials",
      }),
    );
  }
  return refuse(
    unauthorized(`gateway token ${missing ? "missing" : "mismatch"} (provide gateway auth token)`, {
      code: missing ? "AUTH_TOKEN_MISSING" : "AUTH_TOKEN_MISMATCH",
      authReason: missing ? "token_missing" : "token_mismatch",
      recommendedNextStep: missing ? "update_auth_configuration" : "update_auth_credentials",
    }),
  );
}

function unauthorized(message: string, details: JsonObject): ErrorShape {
  return invalidRequest(`unauthorized: ${message}`, { canRetryWithDeviceToken: false, ...details });
}

export function refusePairing(deviceId: string): Refused {
  return refuse({
    code: "NOT_PAIRED",
    message: "pairing required",
    details: {
      code: "PAIRING_REQUIRED",
      reason: "not-paired",
      deviceId,
      remediationHint: "Connect once from the gateway's own machine, with the gateway token",
    },
  });
}
