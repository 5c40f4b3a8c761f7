/** A client that proved its own key and was let in. */
export interface PairedDevice {
  readonly deviceId: string;
  /** base64url of the raw Ed25519 key. */
  readonly publicKey: string;
  readonly clientId: string;
  readonly platform: string;
  readonly role: string;
  readonly scopes: readonly string[];
  /** SHA-256 (hex) of its device token. */
  readonly tokenHash: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly lastSeenAt: number;
}
