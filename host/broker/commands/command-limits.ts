/** The bounds of commands as numbers: those of `host/base/limits.ts`, or a test's own. */
import type { COMMANDS } from "#host/base/limits.ts";

export type CommandLimits = { readonly [Key in keyof typeof COMMANDS]: number };
