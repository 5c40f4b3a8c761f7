/**
 * The three frames of the gateway's WebSocket, protocol 4 (protocol.md, "Frames"). Text, JSON, one object a
 * message.
 */
import * as v from "valibot";
import type { ErrorShape } from "./errors.ts";

export const PROTOCOL_VERSION = 4;

export const requestFrame = v.strictObject({
  type: v.literal("req"),
  id: v.pipe(v.string(), v.minLength(1)),
  method: v.pipe(v.string(), v.minLength(1)),
  params: v.optional(v.unknown()),
  traceparent: v.optional(v.pipe(v.string(), v.maxLength(128))),
});

export type RequestFrame = v.InferOutput<typeof requestFrame>;

export type ResponseFrame<Payload = unknown> =
  | { readonly type: "res"; readonly id: string; readonly ok: true; readonly payload: Payload }
  | { readonly type: "res"; readonly id: string; readonly ok: false; readonly error: ErrorShape };

export interface EventFrame<Payload = unknown> {
  readonly type: "event";
  readonly event: string;
  readonly payload: Payload;
  /** Counts the events of one connection from 1: a gap is a lost event. */
  readonly seq?: number;
}

export type ServerFrame = ResponseFrame | EventFrame;
