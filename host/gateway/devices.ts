/**
 * Device identity: a client proves with an Ed25519 key that it is the one that was paired (protocol.md,
 * "Handshake"; payload versions 3 and 2).
 *
 * Guarantees that a paired device's token is stored hashed, and that a device only ever gets scopes that it
 * was approved for. On this machine the right gateway token approves without asking.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import type { Clock } from "#host/base/clock.ts";
import type { DevicesPort } from "./ports.ts";
import type { PairedDevice } from "#host/base/device.ts";
import type { ConnectChallenge, ConnectParams, DeviceProof } from "./protocol/connect.ts";
import { deriveSecret, hashSecret, sameSecret } from "./secrets.ts";

/** SubjectPublicKeyInfo of an Ed25519 key, up to the 32 bytes of the key itself (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const SEEN_INTERVAL_MS = 60_000;

/** Why a proof is refused: the message, `details.code` and `details.reason` of upstream. */
export interface DeviceRefusal {
  readonly message: string;
  readonly code: string;
  readonly reason: string;
}

/** Null if the proof holds for this connection. */
export function checkDevice(
  proof: DeviceProof,
  params: ConnectParams,
  challenge: ConnectChallenge,
  options: { readonly now: number; readonly maxAgeMs: number },
): DeviceRefusal | null {
  const key = Buffer.from(proof.publicKey, "base64url");
  if (key.length !== 32)
    return refusal("device public key invalid", "PUBLIC_KEY_INVALID", "device-public-key");
  if (createHash("sha256").update(key).digest("hex") !== proof.id) {
    return refusal("device identity mismatch", "DEVICE_ID_MISMATCH", "device-id-mismatch");
  }
  if (Math.abs(options.now - proof.signedAt) > options.maxAgeMs) {
    return refusal("device signature expired", "SIGNATURE_EXPIRED", "device-signature-stale");
  }
  if (!sameSecret(proof.nonce, challenge.nonce)) {
    return refusal("device nonce mismatch", "NONCE_MISMATCH", "device-nonce-mismatch");
  }
  const signature = Buffer.from(proof.signature, "base64url");
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, key]), format: "der", type: "spki" });
  const signed = signedTexts(proof, params).some((text) =>
    verify(null, Buffer.from(text), publicKey, signature),
  );
  return signed ? null : refusal("device signature invalid", "SIGNATURE_INVALID", "device-signature");
}

function refusal(message: string, code: string, reason: string): DeviceRefusal {
  return { message, code: `DEVICE_AUTH_${code}`, reason };
}

/** What a client may have signed, the newest version first. */
function signedTexts(proof: DeviceProof, params: ConnectParams): string[] {
  const { client, role, scopes, auth } = params;
  const token = auth.token ?? auth.deviceToken ?? auth.bootstrapToken ?? "";
  const common = [
    proof.id,
    client.id,
    client.mode,
    role,
    scopes.join(","),
    proof.signedAt,
    token,
    proof.nonce,
  ];
  const machine = [client.platform.toLowerCase(), client.deviceFamily?.toLowerCase() ?? ""];
  return [["v3", ...common, ...machine].join("|"), ["v2", ...common].join("|")];
}

export interface Pairing {
  readonly device: PairedDevice;
  readonly deviceToken: string;
}

export interface Devices {
  /** The paired device of this proof, if `token` is its token. */
  withToken(proof: DeviceProof, token: string): Promise<PairedDevice | null>;
  isApproved(proof: DeviceProof, scopes: readonly string[]): Promise<boolean>;
  /** Approves a device, or widens what it was approved for. */
  approve(proof: DeviceProof, params: ConnectParams): Promise<Pairing>;
}

export function createDevices(options: {
  readonly store: DevicesPort;
  readonly clock: Clock;
  readonly gatewayToken: string;
}): Devices {
  const { store, clock, gatewayToken } = options;
  return {
    async withToken(proof, token) {
      const device = await store.find(proof.id);
      if (device === null || !sameSecret(hashSecret(token), device.tokenHash)) return null;
      if (clock.now() - device.lastSeenAt < SEEN_INTERVAL_MS) return device;
      const seen = { ...device, lastSeenAt: clock.now() };
      await store.save(seen);
      return seen;
    },
    async isApproved(proof, scopes) {
      const known = await store.find(proof.id);
      return known !== null && scopes.every((scope) => known.scopes.includes(scope));
    },
    async approve(proof, params) {
      const known = await store.find(proof.id);
      const createdAt = known?.createdAt ?? clock.now();
      // Derived, so that it can be told again to a client that lost it, although only its hash is stored.
      const deviceToken = deriveSecret(gatewayToken, "device-token", proof.id, String(createdAt));
      const device: PairedDevice = {
        deviceId: proof.id,
        publicKey: proof.publicKey,
        clientId: params.client.id,
        platform: params.client.platform,
        role: params.role,
        scopes: [...new Set([...(known?.scopes ?? []), ...params.scopes])],
        tokenHash: hashSecret(deviceToken),
        createdAt,
        lastSeenAt: clock.now(),
      };
      if (known === null || isNews(known, device)) await store.save(device);
      return { device, deviceToken };
    },
  };
}

function isNews(known: PairedDevice, device: PairedDevice): boolean {
  return (
    known.tokenHash !== device.tokenHash ||
    known.role !== device.role ||
    known.scopes.length !== device.scopes.length ||
    device.lastSeenAt - known.lastSeenAt >= SEEN_INTERVAL_MS
  );
}
