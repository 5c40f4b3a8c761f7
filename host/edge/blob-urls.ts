/** `blob:` URLs (File API, section 8). They name Blobs of this isolate and mean nothing outside of it. */
import { isBlob, type Blob } from "./blob.ts";
import { randomUUID } from "./crypto.ts";

/** Each keeps its Blob alive: more of them is a leak. */
const MAX_URLS = 10_000;
const blobs = new Map<string, Blob>();

export function createObjectUrl(blob: unknown): string {
  if (!isBlob(blob)) throw new TypeError("Cannot make a blob: URL: it is no Blob");
  if (blobs.size >= MAX_URLS) {
    throw new RangeError(`Cannot make a blob: URL: ${MAX_URLS} are there; revoke some`);
  }
  const url = `blob:null/${randomUUID()}`;
  blobs.set(url, blob);
  return url;
}

export function revokeObjectUrl(url: string): void {
  blobs.delete(url);
}

export function blobBehind(url: string): Blob | undefined {
  return blobs.get(url.split("#")[0] ?? "");
}
