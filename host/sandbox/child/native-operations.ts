/** All native work that an isolate may ask for, by name. Nothing here needs or gives authority. */
import { cipherOperations } from "./native-cipher.ts";
import { deriveJobs, deriveOperations } from "./native-derive.ts";
import { hashOperations } from "./native-hash.ts";
import { keyJobs, keyOperations } from "./native-keys.ts";
import type { NativeOperations } from "./native-operation.ts";
import { subtleOperation } from "./native-subtle.ts";
import { zlibJobs, zlibOperations } from "./native-zlib.ts";

/** Done on the thread of all, in some milliseconds at most. */
export const AT_ONCE: NativeOperations = {
  ...hashOperations,
  ...cipherOperations,
  ...keyOperations,
  ...deriveOperations,
  ...zlibOperations,
};

/** Done on other threads. */
export const JOBS: NativeOperations = {
  subtle: subtleOperation,
  ...keyJobs,
  ...deriveJobs,
  ...zlibJobs,
};
