/** The bundled libraries that bring no types of their own, as far as the shims use them. */

declare module "buffer/" {
  export const Buffer: typeof globalThis.Buffer;
  export const SlowBuffer: unknown;
  export const INSPECT_MAX_BYTES: number;
}

declare module "events/" {
  import type { EventEmitter as Base } from "node:events";

  const EventEmitter: typeof Base;
  export default EventEmitter;
}

declare module "readable-stream/lib/ours/browser.js" {
  import type * as stream from "node:stream";

  const Stream: typeof stream & typeof stream.Stream;
  export default Stream;
}

declare module "string_decoder/" {
  export const StringDecoder: unknown;
}

declare module "path-browserify" {
  import type { PlatformPath } from "node:path";

  const path: { -readonly [Key in keyof PlatformPath]: PlatformPath[Key] };
  export default path;
}

declare module "unenv/*" {
  const module: Readonly<Record<string, unknown>>;
  export default module;
}
