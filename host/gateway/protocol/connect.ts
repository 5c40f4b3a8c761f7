/**
 * The handshake's shapes: `connect.challenge`, the parameters of `connect`, and `hello-ok` (protocol.md,
 * "Handshake"). Client ids and modes are closed lists, and unknown properties are refused, as upstream does.
 */
import * as v from "valibot";
import type { HealthPayload } from "./status.ts";

export const CLIENT_IDS = [
  "webchat-ui",
  "openclaw-control-ui",
  "openclaw-browser-copilot",
  "openclaw-tui",
  "webchat",
  "cli",
  "gateway-client",
  "openclaw-macos",
  "openclaw-linux",
  "openclaw-ios",
  "openclaw-watchos",
  "openclaw-android",
  "node-host",
  "openclaw-worker",
  "test",
  "fingerprint",
  "openclaw-probe",
] as const;

export const CLIENT_MODES = ["webchat", "cli", "ui", "backend", "node", "worker", "probe", "test"] as const;

const text = v.pipe(v.string(), v.minLength(1));
const label = (max: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(max));
const count = (min: number) => v.pipe(v.number(), v.integer(), v.minValue(min));

const client = v.strictObject({
  id: v.picklist(CLIENT_IDS),
  displayName: v.optional(text),
  version: text,
  buildId: v.optional(label(96)),
  platform: text,
  deviceFamily: v.optional(text),
  modelIdentifier: v.optional(text),
  timeZone: v.optional(label(64)),
  mode: v.picklist(CLIENT_MODES),
  instanceId: v.optional(text),
});

const device = v.strictObject({
  /** SHA-256 (hex) of the raw public key. */
  id: text,
  /** base64url of the raw 32-byte Ed25519 key. */
  publicKey: text,
  /** base64url. */
  signature: text,
  /** Milliseconds since 1970. */
  signedAt: count(0),
  nonce: text,
});

const auth = v.strictObject({
  token: v.optional(v.string()),
  bootstrapToken: v.optional(v.string()),
  deviceToken: v.optional(v.string()),
  password: v.optional(v.string()),
  approvalRuntimeToken: v.optional(v.string()),
  agentRuntimeIdentityToken: v.optional(v.string()),
});

export const connectParams = v.strictObject({
  minProtocol: count(1),
  maxProtocol: count(1),
  client,
  caps: v.optional(v.array(text), []),
  commands: v.optional(v.array(text)),
  computerUse: v.optional(v.unknown()),
  workerRuns: v.optional(v.unknown()),
  permissions: v.optional(v.record(v.string(), v.boolean())),
  pathEnv: v.optional(v.string()),
  role: v.optional(text, "operator"),
  scopes: v.optional(v.array(text), []),
  device: v.optional(device),
  auth: v.optional(auth, {}),
  locale: v.optional(v.string()),
  userAgent: v.optional(v.string()),
});

export type ConnectParams = v.InferOutput<typeof connectParams>;
export type ConnectInput = v.InferInput<typeof connectParams>;
export type DeviceProof = v.InferOutput<typeof device>;

export interface ConnectChallenge {
  readonly nonce: string;
  /** Milliseconds since 1970; what a device signs as `signedAt`. */
  readonly ts: number;
}

export interface HelloAuth {
  readonly method: "token" | "device-token";
  readonly role: string;
  readonly scopes: readonly string[];
  /** Given once, when a device is paired or its token renewed. */
  readonly deviceToken?: string;
  readonly issuedAtMs?: number;
}

export interface HelloOk {
  readonly type: "hello-ok";
  readonly protocol: number;
  readonly server: { readonly version: string; readonly bootId: string; readonly connId: string };
  readonly features: {
    readonly methods: readonly string[];
    readonly events: readonly string[];
    readonly capabilities: readonly string[];
  };
  readonly snapshot: {
    readonly presence: readonly { readonly host: string; readonly mode: string; readonly ts: number }[];
    readonly health: HealthPayload;
    readonly stateVersion: { readonly presence: number; readonly health: number };
    readonly uptimeMs: number;
    readonly sessionDefaults: {
      readonly defaultAgentId: string;
      readonly modelConfigured: boolean;
      readonly mainKey: string;
      readonly mainSessionKey: string;
      readonly scope: string;
    };
    readonly configPath: string;
    readonly stateDir: string;
    readonly authMode: "token";
  };
  readonly auth: HelloAuth;
  readonly policy: {
    readonly maxPayload: number;
    readonly maxBufferedBytes: number;
    readonly tickIntervalMs: number;
  };
}
