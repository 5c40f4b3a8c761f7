/**
 * A message from inside an isolate, as a frame that the host will accept.
 *
 * The frame's isolate is set here, from the door that the message came through. What the host would refuse is
 * refused here first, so that one plugin's nonsense does not end the process of all.
 */
import type { EffectRequest } from "#host/base/effect.ts";
import { asHostError, HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import { PIPE } from "#host/base/limits.ts";
import { parseSandboxFrame } from "#host/pipe/frame-schema.ts";
import type { SandboxFrame } from "#host/pipe/protocol.ts";

/** The kinds that come out of isolates; the others are this program's own. */
export type IsolateFrame = Exclude<SandboxFrame, { t: "ready" | "walls" | "crash" }>;

const KINDS: ReadonlySet<unknown> = new Set<IsolateFrame["t"]>([
  "opened",
  "result",
  "update",
  "effect",
  "cancel",
  "chunk",
  "end",
  "credit",
  "console",
]);

/** Throws HostError `sandbox.protocol` for what is no such frame. */
export function toFrame(isolate: number, message: JsonObject, payloadBytes: number): IsolateFrame {
  if (!KINDS.has(message.t)) throw new HostError("sandbox.protocol", "Cannot send it: its kind is unknown");
  const header = { ...message, isolate };
  try {
    return parseSandboxFrame(header, payloadBytes) as IsolateFrame;
  } catch (thrown) {
    if (message.t !== "result" || typeof message.call !== "number") throw thrown;
    // A result that cannot travel is the tool's failure, not the isolate's end.
    return unusableResult(isolate, message.call, asHostError(thrown).message);
  }
}

function unusableResult(isolate: number, call: number, rule: string): IsolateFrame {
  const message = `Cannot hand on the result: ${rule}`.slice(0, PIPE.maxErrorChars);
  return { t: "result", isolate, call, ok: false, error: { name: "TypeError", message } };
}

/** Whether an upward stream follows this effect. */
export function sendsBody(request: EffectRequest): boolean {
  if (request.kind === "http.request" || request.kind === "route.answer") return request.hasBody;
  if (request.kind === "command.run") return request.hasStdin;
  if (request.kind.startsWith("socket.")) return true;
  return request.kind === "file.write" || request.kind === "secret.hmac" || request.kind === "storage.set";
}
