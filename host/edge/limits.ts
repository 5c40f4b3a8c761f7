/** The bounds of this isolate, as the child gave them at its start. */
import type { EdgeLimits } from "./door-protocol.ts";

let given: EdgeLimits | null = null;

export function setLimits(limits: EdgeLimits): void {
  given = limits;
}

export function limits(): EdgeLimits {
  if (given === null) throw new Error("Cannot read the limits: the isolate has not been started");
  return given;
}
