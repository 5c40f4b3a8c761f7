/**
 * One value, encrypted for the disk: AES-256-GCM with a fresh nonce, bound to the plugin and the name that it
 * belongs to, so that an entry which is moved elsewhere does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** base64 each. */
export interface Sealed {
  readonly nonce: string;
  readonly tag: string;
  readonly data: string;
}

const ALGORITHM = "aes-256-gcm";
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** `about` is stored nowhere and must be the same again to open it. */
export function seal(key: Uint8Array, about: string, value: string): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(about));
  const data = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
  return {
    nonce: nonce.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
    data: data.toString("base64"),
  };
}

/** Null if it was sealed with another key or about something else, or was changed since. */
export function unseal(key: Uint8Array, about: string, { nonce, tag, data }: Sealed): string | null {
  try {
    const decipher = createDecipheriv(ALGORITHM, key, Buffer.from(nonce, "base64"), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(about));
    decipher.setAuthTag(Buffer.from(tag, "base64"));
    return Buffer.concat([decipher.update(data, "base64"), decipher.final()]).toString("utf8");
  } catch {
    return null;
  }
}
