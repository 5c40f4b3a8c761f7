/**
 * The globals that the fetch classes are built on. Evaluated before them: undici looks for these as it loads.
 */
import * as streams from "web-streams-polyfill";
import { AbortController, AbortSignal } from "./abort.ts";
import { atob, btoa } from "./base64.ts";
import { Blob, File } from "./blob.ts";
import { defineGlobals } from "./define-globals.ts";
import { DOMException, QuotaExceededError } from "./dom-exception.ts";
import { TextDecoder, TextDecoderStream, TextEncoder, TextEncoderStream } from "./encoding.ts";
import { CloseEvent, CustomEvent, ErrorEvent, Event, MessageEvent, PromiseRejectionEvent } from "./event.ts";
import { EventTarget } from "./event-target.ts";
import { MessageChannel, MessagePort } from "./message-channel.ts";
import "./platform-clones.ts";
import { structuredClone } from "./structured-clone.ts";
import { URL } from "./url.ts";
import { URLSearchParams } from "./url-search-params.ts";

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
  Blob,
  CloseEvent,
  CustomEvent,
  DOMException,
  ErrorEvent,
  Event,
  EventTarget,
  File,
  MessageChannel,
  MessageEvent,
  MessagePort,
  PromiseRejectionEvent,
  QuotaExceededError,
  TextDecoder,
  TextDecoderStream,
  TextEncoder,
  TextEncoderStream,
  URL,
  URLSearchParams,
  atob,
  btoa,
  structuredClone,
});
