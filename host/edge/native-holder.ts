/**
 * Numbers of things that the child keeps for this isolate, let go of when nothing here refers to them any more.
 *
 * Made when it is first needed: a snapshot cannot hold a FinalizationRegistry.
 */
import { post } from "./door.ts";

type Kind = "keys" | "states";

let registry: FinalizationRegistry<readonly [Kind, number]> | undefined;

/** `owner` is what refers to the thing; it is also how to let go early. */
export function holdNative(owner: object, kind: Kind, handle: number): void {
  registry ??= new FinalizationRegistry(([freed, number]) => post({ t: "free", [freed]: [number] }));
  registry.register(owner, [kind, handle], owner);
}

/** Lets go at once. `handle` must not be used again. */
export function freeNative(owner: object, kind: Kind, handle: number): void {
  registry?.unregister(owner);
  post({ t: "free", [kind]: [handle] });
}

/** The child has let go by itself. */
export function forgetNative(owner: object): void {
  registry?.unregister(owner);
}
