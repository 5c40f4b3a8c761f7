/**
 * The globals that the fetch classes are built on. Evaluated before them: undici looks for these as it loads.
 */
import "core-js/web/dom-exception";
import "core-js/web/url";
import "core-js/web/url-search-params";
import "core-js/web/structured-clone";
import "core-js/stable/atob";
import "core-js/stable/btoa";
import "fast-text-encoding";
import * as streams from "web-streams-polyfill";
import { AbortController, AbortSignal } from "./abort.ts";
import { defineGlobals } from "./define-globals.ts";
import { CloseEvent, CustomEvent, ErrorEvent, Event, EventTarget, MessageEvent } from "./events.ts";
import { encodeInto, TextDecoderStream, TextEncoderStream } from "./text-streams.ts";
import { TextDecoder } from "./text-decoder.ts";

Object.defineProperty(TextEncoder.prototype, "encodeInto", {
  value: encodeInto,
  writable: true,
  configurable: true,
});

defineGlobals({
  ByteLengthQueuingStrategy: streams.ByteLengthQueuingStrategy,
  CountQueuingStrategy: streams.CountQueuingStrategy,
  ReadableByteStreamController: streams.ReadableByteStreamController,
  ReadableStream: streams.ReadableStream,
  ReadableStreamBYOBReader: streams.ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest: streams.ReadableStreamBYOBRequest,
  ReadableStreamDefaultController: streams.ReadableStreamDefaultController,
  ReadableStreamDefaultReader: streams.ReadableStreamDefaultReader,
  TransformStream: streams.TransformStream,
  TransformStreamDefaultController: streams.TransformStreamDefaultController,
  WritableStream: streams.WritableStream,
  WritableStreamDefaultController: streams.WritableStreamDefaultController,
  WritableStreamDefaultWriter: streams.WritableStreamDefaultWriter,
});

defineGlobals({
  self: globalThis,
  AbortController,
  AbortSignal,
  CloseEvent,
  CustomEvent,
  ErrorEvent,
  Event,
  EventTarget,
  MessageEvent,
  TextDecoder,
  TextDecoderStream,
  TextEncoder,
  TextEncoderStream,
});
