/**
 * The shape of an attack: who tries what against which wall, and what is seen.
 *
 * Every hazard stands in a file of its own, `<hazard>.attack.ts`, and is run twice, each time in a process of its
 * own: once with its wall, once with that wall taken down. It counts only if it did no harm the first time and
 * did harm the second time.
 */
import type { SandboxFiles } from "#host/sandbox/confinement.ts";

export interface Hazard {
  /** As a row of SECURITY.md: what the attacker tries. */
  readonly name: string;
  /** The wall that stops it. */
  readonly wall: string;
  /** What would be stolen or broken. */
  readonly canary: string;
  /** What stands in the wall's place when it is taken down. */
  readonly without: string;
  /** Measures time: nothing else runs meanwhile. */
  readonly alone?: true;
  /** Runs in a container, which only runc can start. */
  readonly container?: true;
  /** Hangs on the host's runtime: tried on Node and Deno too. */
  readonly everyRuntime?: true;
  readonly attack: (wall: WallState, files: SandboxFiles) => Promise<Outcome>;
}

export type WallState = "stands" | "down";

export interface Outcome {
  /** What was stolen or broken, as it was seen; null if nothing was. */
  readonly harm: string | null;
  /** That a neighbour was slowed down, where time was measured. Unlike harm it may also be the machine's doing. */
  readonly slow?: string | null;
  /** What the same attacker's permitted effect gave; null if that failed, and the attack shows nothing. */
  readonly control: string | null;
}
