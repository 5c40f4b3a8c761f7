/** The listener for the runtime that this is. Only the one that is needed gets loaded. */
import type { Serve } from "#host/base/server.ts";

/** Bun has a server of its own; Node and Deno share Node's. */
export async function loadServe(): Promise<Serve> {
  if ("Bun" in globalThis) return (await import("./bun.ts")).serveBun;
  return (await import("./node.ts")).serveNode;
}
