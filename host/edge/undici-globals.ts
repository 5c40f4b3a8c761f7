/**
 * Globals that bundled libraries look for and plugins do not get: the build puts these in their place.
 */
export { Buffer } from "buffer/";

/** Undici asks whether a value is one. None ever is. */
export class MessagePort {
  readonly isMessagePort = true;
}
