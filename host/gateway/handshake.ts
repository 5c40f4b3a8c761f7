/**
 * Decides about `connect`: who it is, what it may do, or why not (protocol.md, "Handshake").
 *
 * The order of the checks is upstream's: what needs no secret, the device's proof, the token.
 */
import * as v from "valibot";
import type { Clock } from "#host/base/clock.ts";
import { checkDevice, type Devices } from "./devices.ts";
import { decideOrigin } from "./origin.ts";
import type { PageSessions } from "./page-sessions.ts";
import {
  connectParams,
  type ConnectChallenge,
  type ConnectParams,
  type DeviceProof,
  type HelloAuth,
} from "./protocol/connect.ts";
import { invalidRequest } from "./protocol/errors.ts";
import { PROTOCOL_VERSION, type RequestFrame } from "./protocol/frames.ts";
import { describeIssues } from "./protocol/wording.ts";
import { OLDEST_PROBE, refuse, refusePairing, refuseToken, refuseVersion, type Refused } from "./refusals.ts";
import { isPage, scopesWithoutDevice } from "./scopes.ts";
import type { SignIn } from "./sign-in.ts";

/** What is known of a client before it says a word. */
export interface Caller {
  readonly origin: string | null;
  readonly host: string | null;
  readonly cookie: string | null;
  /** From this machine, directly. */
  readonly local: boolean;
}

export interface Admitted {
  readonly admitted: true;
  readonly params: ConnectParams;
  readonly auth: HelloAuth;
}

export interface HandshakeDeps {
  readonly signIn: SignIn;
  readonly devices: Devices;
  readonly pages: PageSessions;
  readonly clock: Clock;
  readonly allowedOrigins: readonly string[];
  readonly signatureAgeMs: number;
}

export type Handshake = (
  frame: RequestFrame,
  challenge: ConnectChallenge,
  caller: Caller,
) => Promise<Admitted | Refused>;

export function createHandshake(deps: HandshakeDeps): Handshake {
  return async (frame, challenge, caller) => {
    if (frame.method !== "connect") {
      return refuse(invalidRequest("invalid handshake: first request must be connect"));
    }
    const parsed = v.safeParse(connectParams, frame.params);
    if (!parsed.success) {
      return refuse(invalidRequest(`invalid connect params: ${describeIssues(parsed.issues)}`));
    }
    const params = parsed.output;
    return (
      decideForm(params, caller, deps) ??
      decideProof(params, challenge, deps) ??
      decideAuth(params, caller, deps)
    );
  };
}

/** Version, role and origin: what needs no secret. */
function decideForm(params: ConnectParams, caller: Caller, deps: HandshakeDeps): Refused | null {
  const oldest = params.client.mode === "probe" ? OLDEST_PROBE : PROTOCOL_VERSION;
  if (params.maxProtocol < oldest || params.minProtocol > PROTOCOL_VERSION) return refuseVersion(params);
  if (params.role !== "operator" && params.role !== "node") return refuse(invalidRequest("invalid role"));
  if (caller.origin === null && !isPage(params)) return null;
  if (decideOrigin(caller.origin, caller.host, deps.allowedOrigins).allowed) return null;
  const reason = caller.origin === null ? "origin missing or invalid" : "origin not allowed";
  return refuse(
    invalidRequest(
      "origin not allowed (open the Control UI from the gateway host or allow it in gateway.controlUi.allowedOrigins)",
      { code: "CONTROL_UI_ORIGIN_NOT_ALLOWED", reason },
    ),
  );
}

function decideProof(
  params: ConnectParams,
  challenge: ConnectChallenge,
  deps: HandshakeDeps,
): Refused | null {
  if (params.device === undefined) return null;
  const bad = checkDevice(params.device, params, challenge, {
    now: deps.clock.now(),
    maxAgeMs: deps.signatureAgeMs,
  });
  return bad && refuse(invalidRequest(bad.message, { code: bad.code, reason: bad.reason }));
}

async function decideAuth(
  params: ConnectParams,
  caller: Caller,
  deps: HandshakeDeps,
): Promise<Admitted | Refused> {
  const { auth, device, role } = params;
  const signedIn = caller.origin !== null && (await deps.pages.isSignedIn(caller.cookie));
  if (device === undefined && (role === "node" || (!signedIn && !hasCredential(auth)))) {
    return refuse({
      code: "NOT_PAIRED",
      message: "device identity required",
      details: { code: "DEVICE_IDENTITY_REQUIRED" },
    });
  }
  const deviceToken = auth.deviceToken ?? auth.token;
  if (device !== undefined && deviceToken !== undefined) {
    const known = await deps.devices.withToken(device, deviceToken);
    const scopes = params.scopes.filter((scope) => known?.scopes.includes(scope));
    if (known !== null) return admit(params, { method: "device-token", role: known.role, scopes });
  }
  const given = auth.token ?? auth.password;
  const check = signedIn ? "ok" : given === undefined ? "mismatch" : deps.signIn.check(given);
  if (check !== "ok") return refuseToken(auth, check === "limited" ? deps.signIn.retryAfterMs() : null);
  if (device !== undefined) return admitDevice(device, params, caller, deps);
  return admit(params, { method: "token", role, scopes: scopesWithoutDevice(params, caller.local) });
}

/** The token is right. On this machine that approves a device; from elsewhere it must have been approved. */
async function admitDevice(
  device: DeviceProof,
  params: ConnectParams,
  caller: Caller,
  { devices }: HandshakeDeps,
): Promise<Admitted | Refused> {
  const { role, scopes } = params;
  if (!caller.local && !(await devices.isApproved(device, scopes))) return refusePairing(device.id);
  const paired = await devices.approve(device, params);
  const { deviceToken } = paired;
  return admit(params, { method: "token", role, scopes, deviceToken, issuedAtMs: paired.device.createdAt });
}

function hasCredential(auth: ConnectParams["auth"]): boolean {
  return auth.token !== undefined || auth.password !== undefined || auth.deviceToken !== undefined;
}

function admit(params: ConnectParams, auth: HelloAuth): Admitted {
  // A node's role carries no operator rights.
  return { admitted: true, params, auth: auth.role === "operator" ? auth : { ...auth, scopes: [] } };
}
